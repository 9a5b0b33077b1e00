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
    public async Task Will_WithDelay_IsPublishedAfterItUnlessTheDeviceIsBack()
    {
        var device = await _hub.AddDeviceAsync("d");
        (await RawMqtt.ConnectedAsync(_hub, device, Leaving)).Reset();
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected, "lost");
        await using (var back = await RawMqtt.ConnectedAsync(_hub, device, Leaving with { WillTopic = null }))
        {
            _hub.Time.Pass(TimeSpan.FromSeconds(121));
            Assert.Equal(["after"], await StoredAfterAsync(back));
            await back.SendAsync(MqttPackets.Disconnect);
            await back.UntilClosedAsync();
        }

        (await RawMqtt.ConnectedAsync(_hub, device, Leaving)).Reset();
        var lost = _hub.Time.GetUtcNow();
        await Eventually.TrueAsync(async () =>
        {
            _hub.Time.Pass(TimeSpan.FromSeconds(5));
            return await _hub.StoredTextsAsync("d") is ["after", "gone"];
        });
        Assert.True((await _hub.StoredAsync("d"))[1].EnqueuedTime - lost >= TimeSpan.FromSeconds(120));
    }

    /// <summary>The device is back before its first connection, which waits for its peer to read, comes to its will.</summary>
    [Theory]
    [InlineData(false, "after")]
    [InlineData(true, "gone", "after")]
    public async Task Will_WithDelayOfAConnectionThatEndsSlowly_IsDecidedByTheOneThatFollowed(bool clean, params string[] stored)
    {
        var device = await _hub.AddDeviceAsync("d");
        var readAll = await EndSlowlyAsync(device);
        await using var second = await RawMqtt.ConnectedAsync(_hub, device, Leaving with { WillTopic = null, Clean = clean });

        await readAll();

        _hub.Time.Pass(TimeSpan.FromSeconds(121));
        Assert.Equal(stored, await StoredAfterAsync(second));
    }

    [Fact]
    public async Task Will_WithDelayOfADeviceThatIsDisabled_IsNotPublished()
    {
        var device = await _hub.AddDeviceAsync("d");
        (await RawMqtt.ConnectedAsync(_hub, device, Leaving)).Reset();
        await Eventually.TrueAsync(() => _hub.Get<MqttWills>().Delayed == 1);

        await _hub.ChangeDeviceAsync("d", new DeviceChange { Status = DeviceStatus.Disabled });

        await Eventually.TrueAsync(() =>
        {
            _hub.Time.Pass(TimeSpan.FromSeconds(121));
            return _hub.Get<MqttWills>().Delayed == 0;
        });
        await _hub.ChangeDeviceAsync("d", new DeviceChange { Status = DeviceStatus.Enabled });
        await using var back = await RawMqtt.ConnectedAsync(_hub, device, MqttHub.Version5);
        Assert.Equal(["after"], await StoredAfterAsync(back));
    }

    [Fact]
    public async Task Will_DelayAndCleanStart_IsPublishedSinceTheSessionEnded()
    {
        var device = await _hub.AddDeviceAsync("d");
        // The longest that the protocol can say: beyond any timer.
        var options = Leaving with { Properties = [0x11, 0xFF, 0xFF, 0xFF, 0xFF], WillProperties = [0x18, 0xFF, 0xFF, 0xFF, 0xFF] };
        (await RawMqtt.ConnectedAsync(_hub, device, options)).Reset();
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected, "lost");
        await using var clean = await RawMqtt.ConnectedAsync(_hub, device, new ConnectOptions { Version5 = true });
        Assert.Equal(["gone"], await _hub.StoredTextsAsync("d"));
    }

    [Fact]
    public async Task Will_OfALaterConnection_IsNotTakenAwayByOneThatEndsSlowly()
    {
        var device = await _hub.AddDeviceAsync("d");
        var readAll = await EndSlowlyAsync(device);
        (await RawMqtt.ConnectedAsync(_hub, device, Leaving with { WillBody = "the later will" })).Reset();
        await Eventually.TrueAsync(() => _hub.Get<MqttWills>().Delayed == 1);

        await readAll();

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

    /// <summary>A connection that has left the hub's table, and comes to its will only once its peer reads: what is returned does that.</summary>
    private async Task<Func<Task>> EndSlowlyAsync(Device device)
    {
        var connection = PipeConnection.Create(peerReads: false);
        var served = _hub.Get<MqttProtocolHead>().OnConnectedAsync(connection);
        await connection.SayAsync([.. MqttPackets.Connect("d", HubFixture.Token(device), Leaving), .. MqttPackets.DisconnectWith(4)]);
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected);
        Assert.False(served.IsCompleted);
        return async () =>
        {
            while (await connection.Peer.Input.ReadAsync(TestContext.Current.CancellationToken) is { IsCompleted: false } read)
                connection.Peer.Input.AdvanceTo(read.Buffer.End);
            await served;
        };
    }

    /// <summary>Sends a message, and says what is stored once it is: whatever was sent for the device before.</summary>
    private async Task<string[]> StoredAfterAsync(RawMqtt mqtt)
    {
        await mqtt.SendAsync(MqttPackets.Publish("devices/d/messages/events/", "after", 7, []));
        Assert.Equal(7, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        return await _hub.StoredTextsAsync("d");
    }
}
