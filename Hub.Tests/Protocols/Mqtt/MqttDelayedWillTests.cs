using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>A will that waits belongs to one connection of one device, whatever becomes of others.</summary>
public sealed class MqttDelayedWillTests : IAsyncLifetime
{
    private static readonly ConnectOptions Leaving = new()
    {
        Version5 = true,
        Clean = false,
        KeepAlive = 0,
        Properties = [0x11, .. MqttPackets.Number4(600)],
        WillTopic = "devices/d/messages/events/",
        WillProperties = [0x18, .. MqttPackets.Number4(120)],
    };

    private HubFixture _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await HubFixture.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Will_OfALaterConnection_IsNotTakenAwayByOneThatEndsSlowly()
    {
        var device = await _hub.AddDeviceAsync("d");
        var first = PipeConnection.Create(peerReads: false);
        var served = _hub.Get<MqttProtocolHead>().OnConnectedAsync(first);
        await first.SayAsync([.. MqttPackets.Connect("d", HubFixture.Token(device), Leaving), .. MqttPackets.DisconnectWith(4)]);
        await Eventually.TrueAsync(async () =>
            (await _hub.Get<IConnectionHistoryStore>().ListAsync(device.Id, TestContext.Current.CancellationToken)).Any(line => line.Event == ConnectionEvent.Disconnected));
        (await RawMqtt.ConnectedAsync(_hub, device, Leaving with { WillBody = "the later will" })).Reset();
        await Eventually.TrueAsync(() => _hub.Get<MqttWills>().Delayed == 1);

        while (await first.Peer.Input.ReadAsync(TestContext.Current.CancellationToken) is { IsCompleted: false } read)
            first.Peer.Input.AdvanceTo(read.Buffer.End);
        await served;

        _hub.Time.Pass(TimeSpan.FromSeconds(121));
        await Eventually.TrueAsync(async () => await _hub.StoredTextsAsync("d") is ["the later will"]);
        Assert.Equal(0, _hub.Get<MqttWills>().Delayed);
    }

    [Fact]
    public async Task Will_OfADeviceThatWasDeleted_IsNotPublishedInTheNameOfItsNamesake()
    {
        (await RawMqtt.ConnectedAsync(_hub, await _hub.AddDeviceAsync("d"), Leaving)).Reset();
        await Eventually.TrueAsync(() => _hub.Get<MqttWills>().Delayed == 1);
        await _hub.Get<DeviceRegistry>().DeleteAsync(DeviceId.Parse("d"), null, TestContext.Current.CancellationToken);

        await using var namesake = await RawMqtt.ConnectedAsync(_hub, await _hub.AddDeviceAsync("d"), MqttHub.Version5);
        await namesake.SendAsync(MqttPackets.Publish("devices/d/messages/events/", "of the namesake", 7, []));
        Assert.Equal(7, MqttPackets.IdOf(await namesake.ReceiveAsync()));

        Assert.Equal(["of the namesake"], await _hub.StoredTextsAsync("d"));
        Assert.Equal(0, _hub.Get<MqttWills>().Delayed);
    }
}
