using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// The hub's handle to one connected device, implemented by a protocol head. Exactly one is in the <see cref="SessionTable"/> per
/// connected device.
/// </summary>
internal interface IDeviceLink
{
    DeviceId DeviceId { get; }

    /// <summary>Which registration of the device connected.</summary>
    string GenerationId { get; }

    /// <summary>A short id of the connection that history and log share.</summary>
    string ConnectionId { get; }

    /// <summary>The protocol in words, such as <c>MQTT 3.1.1 over TLS</c>.</summary>
    string Protocol { get; }

    string? RemoteAddress { get; }

    DateTimeOffset ConnectedTime { get; }

    /// <summary>What the device proved itself with.</summary>
    DeviceProof Proof { get; }

    /// <summary>When something was last heard from the device.</summary>
    DateTimeOffset LastActivityTime { get; }

    /// <summary>
    /// Ends the connection for a reason, which the device is told where its protocol can. Returns at once; repeated calls do nothing.
    /// </summary>
    void Close(LinkCloseReason reason);
}
