namespace Hub.Server.Registry;

/// <summary>What became of a change of the registry: one of the cases below.</summary>
internal abstract record RegistryResult
{
    private RegistryResult()
    {
    }

    /// <summary>The change is stored.</summary>
    internal sealed record Done(Device Device) : RegistryResult;

    /// <summary>The id is taken.</summary>
    internal sealed record AlreadyExists : RegistryResult;

    /// <summary>There is no such device.</summary>
    internal sealed record NotFound : RegistryResult;

    /// <summary>The device has another etag than was asked for.</summary>
    internal sealed record ETagMismatch : RegistryResult;

    /// <summary>The change breaks a rule, which the sentence states.</summary>
    internal sealed record Invalid(string Reason) : RegistryResult;
}
