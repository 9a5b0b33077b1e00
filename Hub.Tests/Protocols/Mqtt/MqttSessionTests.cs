using System.Diagnostics;
using System.Text;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What outlives a connection: sessions, wills, and the hub's own end.</summary>
public sealed class MqttSessionTests : IAsyncLifetime
{
    private static readonly ConnectOptions Keep = new() { Clean = false };

    private HubFixture _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await HubFixture.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Session_Persistent_SurvivesReconnectAndRestartUntilCleaned()
    {
        var device = await _hub.AddDeviceAsync("d");
        Assert.Equal(0, await SessionPresentAsync(device, Keep, "$iothub/twin/res/#"));
        Assert.Equal(1, await SessionPresentAsync(device, Keep));

        await _hub.RestartAsync();

        Assert.Equal(1, await SessionPresentAsync(device, Keep, twinAnswers: true));
        Assert.Equal(0, await SessionPresentAsync(device, new ConnectOptions()));
        Assert.Equal(0, await SessionPresentAsync(device, Keep));
    }

    [Fact]
    public async Task Session_Version5_EndsWithItsExpiryOrByDisconnect()
    {
        var device = await _hub.AddDeviceAsync("d");
        var keep = Keep with { Version5 = true, Properties = [0x11, .. MqttPackets.Number4(600)] };
        Assert.Equal(0, await SessionPresentAsync(device, keep));
        Assert.Equal(1, await SessionPresentAsync(device, keep, goodbye: MqttPackets.DisconnectWith(0, [0x11, .. MqttPackets.Number4(0)])));
        Assert.Equal(0, await SessionPresentAsync(device, keep));
        _hub.Time.Pass(TimeSpan.FromSeconds(590));
        Assert.Equal(1, await SessionPresentAsync(device, keep));
        _hub.Time.Pass(TimeSpan.FromSeconds(601));
        Assert.Equal(0, await SessionPresentAsync(device, keep));
        // Gone on with, but with no expiry of its own: it ends with the connection.
        Assert.Equal(1, await SessionPresentAsync(device, Keep with { Version5 = true }));
        Assert.Equal(0, await SessionPresentAsync(device, keep));
    }

    [Fact]
    public async Task Session_TakenOver_BelongsToTheLaterConnection()
    {
        var device = await _hub.AddDeviceAsync("d");
        var keep = Keep with { Version5 = true, Properties = [0x11, .. MqttPackets.Number4(600)] };
        await using var first = await RawMqtt.ConnectedAsync(_hub, device, keep);
        await using var second = await RawMqtt.ConnectedAsync(_hub, device, keep);
        await second.SendAsync(MqttPackets.Subscribe(1, true, ("$iothub/methods/POST/#", 1)));
        await second.ReceiveAsync();
        await first.UntilClosedAsync();
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected);

        var stored = await _hub.Get<ISessionStore>().FindAsync(device.Id, device.GenerationId, TestContext.Current.CancellationToken);

        Assert.NotNull(stored);
        Assert.Equal(["$iothub/methods/POST/#"], stored.Subscriptions.Keys);
        Assert.Null(stored.ExpiresAt);
    }

    [Fact]
    public async Task Will_DisconnectWithWill_IsPublished()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await RawMqtt.ConnectedAsync(
            _hub, device, new ConnectOptions { Version5 = true, WillTopic = "devices/d/messages/events/a=1" });
        await mqtt.SendAsync(MqttPackets.DisconnectWith(4));
        await mqtt.UntilClosedAsync();
        await Eventually.TrueAsync(async () => (await _hub.StoredAsync("d")).Count == 1);
    }

    [Fact]
    public async Task Stop_PublishesInHand_AreAcknowledgedAndTheHubExitsInTime()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await RawMqtt.ConnectedAsync(
            _hub, device, new ConnectOptions { Version5 = true, WillTopic = "devices/d/messages/events/" });
        await using var webSocket = await RawMqtt.WebSocketAsync(_hub);
        await webSocket.ConnectAsync(await _hub.AddDeviceAsync("w"));
        byte[][] publishes = [.. Enumerable.Range(1, 500).Select(id => MqttPackets.Publish("devices/d/messages/events/", $"m{id}", (ushort)id, []))];
        await mqtt.SendAsync(publishes);
        var first = await mqtt.ReceiveAsync();
        var watch = Stopwatch.StartNew();

        await _hub.StopAsync();

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(7));
        var packets = await mqtt.UntilClosedAsync();
        await webSocket.UntilClosedAsync();
        Assert.Equal([0xE0, 0x8B], [packets[^1][0], packets[^1][2]]);
        await _hub.RestartAsync();
        var acknowledged = packets[..^1].Prepend(first).Select(packet => $"m{MqttPackets.IdOf(packet)}").ToArray();
        Assert.Equal(acknowledged, (await _hub.StoredTextsAsync("d"))[..acknowledged.Length]);
        // The device is well: a stop of the hub is no reason for its will.
        Assert.DoesNotContain("gone", await _hub.StoredTextsAsync("d"));
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected, "stopping");
    }

    /// <summary>Connects, says what the CONNACK said of the session, and leaves.</summary>
    private async Task<int> SessionPresentAsync(
        Device device, ConnectOptions options, string? subscribe = null, bool twinAnswers = false, byte[]? goodbye = null)
    {
        await using var mqtt = await RawMqtt.TcpAsync(_hub.Port("mqtt"));
        var present = (await mqtt.ConnectAsync(device, options))[2];
        if (subscribe is not null)
        {
            await mqtt.SendAsync(MqttPackets.Subscribe(1, options.Version5, (subscribe, 1)));
            await mqtt.ReceiveAsync();
        }

        if (twinAnswers)
        {
            await mqtt.SendAsync(MqttPackets.Publish("$iothub/twin/GET/?$rid=1", ""));
            Assert.Contains("501", Encoding.UTF8.GetString(await mqtt.ReceiveAsync()), StringComparison.Ordinal);
        }

        await mqtt.SendAsync(goodbye ?? MqttPackets.Disconnect);
        await mqtt.UntilClosedAsync();
        await Eventually.TrueAsync(() => !_hub.Get<SessionTable>().TryGet(device.Id, out _));
        return present;
    }
}
