namespace Hub.Server.Security;

/// <summary>Keeps the shared access policies; names are compared without case.</summary>
internal interface ISharedAccessPolicyStore
{
    ValueTask<IReadOnlyList<SharedAccessPolicy>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Adds those whose names are not there yet, in one transaction.</summary>
    ValueTask AddMissingAsync(IReadOnlyList<SharedAccessPolicy> policies, CancellationToken cancellationToken);
}
