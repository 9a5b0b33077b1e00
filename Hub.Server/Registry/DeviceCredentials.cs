using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>How a device proves who it is: one of the cases below, and no other.</summary>
internal abstract record DeviceCredentials
{
    private DeviceCredentials()
    {
    }

    public abstract AuthenticationType Type { get; }

    /// <summary>Two keys, so that one can be rotated while the other holds.</summary>
    internal sealed record SymmetricKeys(SymmetricKey Primary, SymmetricKey Secondary) : DeviceCredentials
    {
        public override AuthenticationType Type => AuthenticationType.Sas;
    }

    /// <summary>Two certificate thumbprints, each 40 (SHA-1) or 64 (SHA-256) upper-case hex digits; at least one is set.</summary>
    internal sealed record Thumbprints(string? Primary, string? Secondary) : DeviceCredentials
    {
        public override AuthenticationType Type => AuthenticationType.SelfSigned;
    }

    /// <summary>None of its own: only a shared access policy with DeviceConnect may speak for the device.</summary>
    internal sealed record None : DeviceCredentials
    {
        public override AuthenticationType Type => AuthenticationType.None;
    }
}
