using Hub.Server.Security;

namespace Hub.Tests.Support;

/// <summary>Shared access policies in memory.</summary>
internal sealed class InMemoryPolicyStore : ISharedAccessPolicyStore
{
    private readonly Dictionary<string, SharedAccessPolicy> _policies = new(StringComparer.OrdinalIgnoreCase);

    public ValueTask<IReadOnlyList<SharedAccessPolicy>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_policies)
            return ValueTask.FromResult<IReadOnlyList<SharedAccessPolicy>>([.. _policies.Values]);
    }

    public ValueTask AddMissingAsync(IReadOnlyList<SharedAccessPolicy> policies, CancellationToken cancellationToken)
    {
        lock (_policies)
        {
            foreach (var policy in policies)
                _policies.TryAdd(policy.Name, policy);
        }

        return ValueTask.CompletedTask;
    }
}
