using Hub.Server.Protocols.Mqtt;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What ends a connection when its time is over, and not before: rows P3, I5 and I13 of the catalogue.</summary>
public sealed class MqttDeadlineTests : IAsyncLifetime
{
    private static readonly ConnectOptions TenSeconds = new() { Version5 = true, KeepAlive = 10 };

    private HubFixture _hub = null!;

    public async ValueTask InitializeAsync() =>
        // Far more than the machine may take for what happens within a deadline.
        _hub = await HubFixture.StartAsync("--Hub:Protocols:Mqtt:ConnectTimeout=00:01:00");

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    [Trait("Promise", "P-7")]
    public async Task P03_SilentSlowAndHalf_ClosedAtTheDeadline()
    {
        const int Peers = 500;
        var device = await _hub.AddDeviceAsync("d");
        var peers = await Task.WhenAll(Enumerable.Range(0, Peers).Select(_ => RawMqtt.TcpAsync(_hub.Port("mqtt"))));
        var connect = MqttPackets.Connect("nobody", "token");
        for (var i = 0; i < Peers; i++)
        {
            // Every third says nothing, every third half a packet; the rest is slow: its first bytes now, a further one below.
            if (i % 3 > 0)
                await peers[i].SendAsync(connect[..(i % 3 == 1 ? connect.Length / 2 : 2)]);
        }

        var head = _hub.Get<MqttProtocolHead>();
        await Eventually.TrueAsync(() => head.Connections.Count == Peers);
        _hub.Time.Pass(TimeSpan.FromSeconds(30));
        foreach (var slow in peers.Where((_, i) => i % 3 == 2))
            await slow.SendAsync([connect[2]]);
        await (await RawMqtt.ConnectedAsync(_hub, device)).DisposeAsync();
        await Eventually.TrueAsync(() => head.Connections.Count == Peers, "Only the good device has gone.");

        _hub.Time.Pass(TimeSpan.FromSeconds(31));
        Assert.All(await Task.WhenAll(peers.Select(peer => peer.UntilClosedAsync())), Assert.Empty);
        foreach (var peer in peers)
            await peer.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    public async Task P03_SilentAfterItsConnect_EndsAfterOneAndAHalfOfItsKeepAlive(int bytesOfAPublish)
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await RawMqtt.ConnectedAsync(_hub, device, TenSeconds with { KeepAlive = 600 });
        var publish = MqttPackets.Publish("devices/d/messages/events/", "never whole", 1, []);
        await mqtt.SendAsync(MqttPackets.Ping, publish[..bytesOfAPublish]);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());

        _hub.Time.Pass(TimeSpan.FromSeconds(800));
        Assert.Single(_hub.Get<MqttProtocolHead>().Connections);
        await Eventually.TrueAsync(() =>
        {
            _hub.Time.Pass(TimeSpan.FromSeconds(30));
            return _hub.Get<MqttProtocolHead>().Connections.Count == 0;
        });

        var goodbye = Assert.Single(await mqtt.UntilClosedAsync());
        Assert.Equal([0xE0, 0x8D], [goodbye[0], goodbye[2]]);
        var entry = await _hub.HistoryAsync("d", ConnectionEvent.Disconnected, "keep-alive");
        Assert.True(entry.Time - device.CreatedTime >= TimeSpan.FromSeconds(900), $"It was closed after {entry.Time - device.CreatedTime}.");
        Assert.Empty(await _hub.StoredAsync("d"));
    }

    [Fact]
    public async Task I05_TokenEndsDuringTheConnection_ClosedWithinTenSeconds()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await RawMqtt.TcpAsync(_hub.Port("mqtt"));
        await mqtt.SendAsync(MqttPackets.Connect("d", HubFixture.Token(device, TimeSpan.FromMinutes(30)), new ConnectOptions { Version5 = true, KeepAlive = 0 }));
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));

        _hub.Time.Pass(TimeSpan.FromMinutes(29));
        await mqtt.SendAsync(MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());
        _hub.Time.Pass(TimeSpan.FromSeconds(70));

        var goodbye = Assert.Single(await mqtt.UntilClosedAsync());
        Assert.Equal([0xE0, 0x87], [goodbye[0], goodbye[2]]);
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected, "token");
    }

    [Fact]
    public async Task I13_ClockIsSet_ConnectionsStayAndOnlyTokensAreJudgedByIt()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await RawMqtt.ConnectedAsync(_hub, device, TenSeconds with { KeepAlive = 60 });

        foreach (var (change, id) in ((TimeSpan, ushort)[])[(TimeSpan.FromHours(-1), 1), (TimeSpan.FromHours(1.5), 2)])
        {
            _hub.Time.SetBy(change);
            // The checks of a second, in which nothing may be found overdue.
            _hub.Time.Pass(TimeSpan.FromSeconds(1));
            await mqtt.SendAsync(MqttPackets.Publish("devices/d/messages/events/", $"m{id}", id, []));
            Assert.Equal(id, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        }

        Assert.Equal(["m1", "m2"], await _hub.StoredTextsAsync("d"));
        _hub.Time.SetBy(TimeSpan.FromDays(400));
        _hub.Time.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(0x87, Assert.Single(await mqtt.UntilClosedAsync())[2]);
        await using var late = await RawMqtt.TcpAsync(_hub.Port("mqtt"));
        Assert.Equal(5, MqttPackets.CodeOf(await late.ConnectAsync(device)));
    }
}
