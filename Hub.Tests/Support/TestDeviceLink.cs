using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>A link without a connection; remembers why it was closed.</summary>
internal sealed class TestDeviceLink(string deviceId, string generationId = "g1") : IDeviceLink
{
    public DeviceId DeviceId { get; } = DeviceId.Parse(deviceId);

    public string GenerationId { get; } = generationId;

    public string ConnectionId { get; init; } = Guid.NewGuid().ToString("N")[..8];

    public string Protocol { get; init; } = "MQTT 3.1.1";

    public string? RemoteAddress { get; init; } = "127.0.0.1:5000";

    public DateTimeOffset ConnectedTime { get; init; }

    public DeviceProof Proof { get; init; } = new("none", null, false);

    public DateTimeOffset LastActivityTime { get; set; }

    public LinkCloseReason? ClosedFor { get; private set; }

    public void Close(LinkCloseReason reason) => ClosedFor ??= reason;
}
