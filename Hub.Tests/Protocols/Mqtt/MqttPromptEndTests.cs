using System.Diagnostics;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>A device that may no longer speak is gone within a second, also when it does not do its part of the goodbye.</summary>
[Trait("Promise", "P-5")]
public sealed class MqttPromptEndTests(MqttHub shared) : IClassFixture<MqttHub>
{
    /// <summary>Far more than the promised second, for busy machines, and less than a closing handshake is waited for otherwise.</summary>
    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(3.5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("disable")]
    [InlineData("delete")]
    [InlineData("rotate")]
    public async Task I04_PeerDoesNotRead_IsDroppedWithinASecond(string change)
    {
        var device = await shared.NewDeviceAsync();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var head = new MqttProtocolHead(shared.Hub.Get<MqttServices>() with { Time = time });
        var connection = PipeConnection.Create(peerReads: false);
        var served = head.OnConnectedAsync(connection);
        await connection.SayAsync(MqttPackets.Connect(device.Id.Value, HubFixture.Token(device), new ConnectOptions { Version5 = true }));
        // Only then is it watched over.
        await Eventually.TrueAsync(() => shared.Hub.Get<SessionTable>().TryGet(device.Id, out var link) && link is MqttDeviceLink { IsListening: true });

        await ChangeAsync(change, device);
        time.Advance(TimeSpan.FromSeconds(1));

        await connection.Aborted.WaitAsync(Patience, None);
        await served.WaitAsync(Patience, None);
    }

    /// <summary>By the network: the buffers of the sockets are full of what the device does not read.</summary>
    [Theory]
    [InlineData("mqtt")]
    [InlineData("mqtts")]
    public async Task I04_SocketOfAPeerThatDoesNotRead_IsClosedWithinASecond(string door)
    {
        await using var hub = await HubFixture.StartAsync();
        var device = await hub.AddDeviceAsync("deaf");
        await using var mqtt = door == "mqtt"
            ? await RawMqtt.TcpAsync(hub.Port("mqtt"), receiveBuffer: 4096)
            : await RawMqtt.TlsAsync(hub.Port("mqtts"), hub.CaPath);
        await mqtt.ConnectAsync(device);
        await mqtt.SendAsync(MqttPackets.Subscribe(1, false, ("$iothub/twin/res/#", 0)));
        await mqtt.ReceiveAsync();
        byte[] questions = [.. Enumerable.Repeat(MqttPackets.Publish($"$iothub/twin/GET/?$rid={new string('r', 1000)}", ""), 20).SelectMany(bytes => bytes)];
        var connection = Assert.Single(hub.Get<MqttProtocolHead>().Connections);
        while (connection.StalledFor == TimeSpan.Zero)
            await mqtt.SendAsync(questions);
        var watch = Stopwatch.StartNew();

        await hub.ChangeDeviceAsync("deaf", new DeviceChange { Status = DeviceStatus.Disabled });
        var fault = await Record.ExceptionAsync(async () =>
        {
            while (watch.Elapsed < Patience)
                await mqtt.SendAsync(MqttPackets.Ping);
        });

        Assert.True(fault is IOException or OperationCanceledException, $"Not closed: {fault}");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Promptly);
        // What was on its way when it stalled may fill what the hub gathers for it, which ends it for that reason before the other is known.
        var entry = await hub.HistoryAsync("deaf", ConnectionEvent.Disconnected);
        Assert.Matches("disabled|did not read", entry.Reason);
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("delete")]
    [InlineData("rotate")]
    public async Task I04_WebSocketPeerIgnoresTheClose_IsDroppedWithinASecond(string change)
    {
        var device = await shared.NewDeviceAsync();
        await using var raw = await RawMqtt.TcpAsync(shared.Hub.Port("http"));
        await raw.SendAsync(MqttHub.Bytes(
            "GET /$iothub/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"));
        await raw.ReadTextUntilAsync("\r\n\r\n");
        var connect = MqttPackets.Connect(device.Id.Value, HubFixture.Token(device));
        // Masked, as a client's frames are; the mask 0 leaves the bytes as they are.
        await raw.SendAsync([0x82, 0xFE, (byte)(connect.Length >> 8), (byte)connect.Length, 0, 0, 0, 0, .. connect]);
        Assert.Equal([0x82, 4, 0x20, 2, 0, 0], await raw.ReceiveAsync());
        var watch = Stopwatch.StartNew();

        await ChangeAsync(change, device);

        // The hub's close frame is read, and not answered.
        Assert.Equal(0x88, Assert.Single(await raw.UntilClosedAsync())[0]);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Promptly);
    }

    private async Task ChangeAsync(string change, Device device)
    {
        var registry = shared.Hub.Get<DeviceRegistry>();
        switch (change)
        {
            case "disable":
                await registry.UpdateAsync(device.Id, new DeviceChange { Status = DeviceStatus.Disabled }, null, None);
                break;
            case "delete":
                await registry.DeleteAsync(device.Id, null, None);
                break;
            default:
                await registry.RotateKeyAsync(device.Id, KeySlot.Primary, None);
                break;
        }
    }
}
