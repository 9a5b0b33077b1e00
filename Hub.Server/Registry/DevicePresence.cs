using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>Whether and when a device was last there.</summary>
internal sealed record DevicePresence
{
    public static readonly DevicePresence Never = new();

    public ConnectionState ConnectionState { get; init; }

    public DateTimeOffset? ConnectionStateUpdatedTime { get; init; }

    public DateTimeOffset? LastActivityTime { get; init; }

    /// <summary>The protocol in words while connected; null otherwise.</summary>
    public string? Protocol { get; init; }

    /// <summary>Why the last connection ended; null before the first end.</summary>
    public string? DisconnectReason { get; init; }
}
