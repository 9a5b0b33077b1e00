using System.Diagnostics;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Hostile and broken packets, rows P1 to P10 of the catalogue: closed, with nothing grown and nobody else disturbed.</summary>
public sealed class MqttParsingTests(MqttHub shared) : IClassFixture<MqttHub>
{
    private const int TooLarge = 0x95;

    public static TheoryData<string, byte[]> BadFrames => new()
    {
        { "fifth byte of the length", [0x10, 0x80, 0x80, 0x80, 0x80, 0x01] },
        { "length not in its fewest bytes", [0x10, 0x8A, 0x80, 0x00] },
    };

    public static TheoryData<string, byte[]> BadPublishes => new()
    {
        { "empty topic", MqttPackets.Publish("", "x", 1) },
        { "NUL in the topic", MqttPackets.Publish("devices/a\0b", "x", 1) },
        { "plus in the topic", MqttPackets.Publish("devices/+/messages/events/", "x", 1) },
        { "hash in the topic", MqttPackets.Publish("devices/#", "x", 1) },
        { "half a surrogate pair in the topic", MqttPackets.Frame(0x32, [0, 3, 0xED, 0xA0, 0x80], [0, 1], [1]) },
        { "topic beyond the packet", MqttPackets.Frame(0x32, [0, 200, (byte)'d']) },
        { "no topic at all", MqttPackets.Frame(0x30, []) },
        { "no packet id", MqttPackets.Frame(0x32, MqttPackets.Text("d")) },
        { "packet id 0", MqttPackets.Frame(0x32, MqttPackets.Text("d"), [0, 0]) },
        { "quality of service 3", MqttPackets.Frame(0x36, MqttPackets.Text("d"), [0, 1]) },
        { "duplicate of quality of service 0", MqttPackets.Publish("d", "x", 0, flags: 8) },
    };

    public static TheoryData<string, byte[]> BadPackets => new()
    {
        { "SUBSCRIBE with wrong flags", MqttPackets.Frame(0x80, [0, 1], MqttPackets.Text("d"), [0]) },
        { "SUBSCRIBE without filters", MqttPackets.Frame(0x82, [0, 1]) },
        { "SUBSCRIBE with packet id 0", MqttPackets.Subscribe(0, false, ("d", 0)) },
        { "SUBSCRIBE with quality of service 3", MqttPackets.Subscribe(1, false, ("d", 3)) },
        { "SUBSCRIBE with reserved bits", MqttPackets.Subscribe(1, false, ("d", 0x10)) },
        { "SUBSCRIBE to an empty filter", MqttPackets.Subscribe(1, false, ("", 0)) },
        { "SUBSCRIBE cut short", MqttPackets.Frame(0x82, [0, 1], [0, 9, 1]) },
        { "SUBSCRIBE without options", MqttPackets.Frame(0x82, [0, 1], MqttPackets.Text("d")) },
        { "UNSUBSCRIBE without filters", MqttPackets.Frame(0xA2, [0, 1]) },
        { "UNSUBSCRIBE with wrong flags", MqttPackets.Frame(0xA0, [0, 1], MqttPackets.Text("d")) },
        { "PINGREQ with a body", MqttPackets.Frame(0xC0, [0]) },
        { "PINGREQ with flags", [0xC1, 0] },
        { "DISCONNECT with a body", MqttPackets.Frame(0xE0, [0]) },
        { "PUBACK without id", [0x40, 0] },
        { "reserved type 0", [0x00, 0] },
    };

    [Fact]
    public async Task P01_AuthenticatedDeviceDeclares256MiB_ClosedAtOnceWithReason()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = true });

        await mqtt.SendAsync([0x30, 0xFF, 0xFF, 0xFF, 0x7F]);

        var goodbye = Assert.Single(await mqtt.UntilClosedAsync());
        Assert.Equal([0xE0, TooLarge], [goodbye[0], goodbye[2]]);
    }

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task P02_MalformedLength_IsClosed(string what, byte[] bytes)
    {
        await using (var stranger = await shared.OpenAsync())
        {
            await stranger.SendAsync(bytes);
            Assert.True((await stranger.UntilClosedAsync()).Count == 0, what);
        }

        await CheckClosesAsync([0x30, .. bytes[1..]]);
    }

    [Theory]
    [MemberData(nameof(BadPublishes))]
    public async Task P04_P05_BadPublish_IsClosedWithReason(string what, byte[] packet) => await CheckClosesAsync(packet, what);

    [Fact]
    public async Task P05_EveryLengthWithinConnectOffByOne_IsClosedOrRefused()
    {
        var good = MqttPackets.Connect("nobody", "t", new ConnectOptions { WillTopic = "devices/nobody/messages/events/" });
        for (var i = 2; i < good.Length; i++)
        {
            foreach (var change in (int[])[1, -1, 0x7F])
            {
                var bad = (byte[])good.Clone();
                bad[i] = (byte)(bad[i] + change);
                await using var mqtt = await shared.OpenAsync();
                await mqtt.SendAsync(bad);
                // One that waits for more of a will or password hears nothing until the deadline; here it hears that no more comes.
                mqtt.EndSending();
                Assert.All(await mqtt.UntilClosedAsync(), answer => Assert.NotEqual(0, MqttPackets.CodeOf(answer)));
            }
        }

        await shared.CheckCanaryAsync();
    }

    [Fact]
    public async Task P05_TrailingBytesInConnect_IsClosed()
    {
        var connect = MqttPackets.Connect("nobody", "t");
        await using var mqtt = await shared.OpenAsync();
        await mqtt.SendAsync([connect[0], (byte)(connect[1] + 1), .. connect[2..], 0]);
        Assert.Empty(await mqtt.UntilClosedAsync());
    }

    [Theory]
    [MemberData(nameof(BadPackets))]
    public async Task P06_BadPacket_IsClosedWithReason(string what, byte[] packet) => await CheckClosesAsync(packet, what);

    [Fact]
    public async Task P07_TenThousandFilters_IsRefused()
    {
        var filters = Enumerable.Range(0, 10_000).Select(i => ($"a/{i}", (byte)0)).ToArray();
        await CheckClosesAsync(MqttPackets.Subscribe(1, false, filters), "more than");
    }

    [Fact]
    public async Task P07_FilterOf128Levels_IsRefusedAndTheConnectionStays()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        await mqtt.SendAsync(MqttPackets.Subscribe(9, false, (string.Join('/', Enumerable.Repeat("+", 128)), 1)), MqttPackets.Ping);
        Assert.Equal([0x90, 3, 0, 9, 0x80], await mqtt.ReceiveAsync());
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());
    }

    [Fact]
    public async Task P08_ManyUserProperties_TakenInLinearTime()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = true });
        await TimeAsync(100);

        var few = await TimeAsync(1_000);
        var many = await TimeAsync(10_000);

        // Ten times as many; a quadratic walk would take a hundred times as long. The half second is for a busy machine.
        Assert.True(many < (few * 40) + TimeSpan.FromMilliseconds(500), $"{few} for 1,000, {many} for 10,000");
        var stored = await shared.Hub.StoredAsync(device.Id.Value);
        Assert.Equal(10_000, stored[^1].Message.Properties.Items.Count);

        async Task<TimeSpan> TimeAsync(int count)
        {
            byte[] properties = [.. Enumerable.Range(0, count).SelectMany(i => MqttPackets.UserProperty($"n{i}", "v"))];
            var watch = Stopwatch.StartNew();
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 5, properties));
            Assert.Equal([0x40, 2, 0, 5], await mqtt.ReceiveAsync());
            return watch.Elapsed;
        }
    }

    [Fact]
    public async Task P08_PropertyGivenTwice_IsClosed()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = true });
        byte[] contentType = [0x03, .. MqttPackets.Text("a/b")];
        await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 5, [.. contentType, .. contentType]));
        Assert.Equal(0x81, Assert.Single(await mqtt.UntilClosedAsync())[2]);
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "twice");
    }

    [Fact]
    public async Task P09_AnyTypeBeforeConnect_IsClosed()
    {
        for (var type = 0; type < 16; type++)
        {
            if (type == 1)
                continue;
            await using var mqtt = await shared.OpenAsync();
            await mqtt.SendAsync([(byte)(type << 4), 2, 0, 1]);
            Assert.Empty(await mqtt.UntilClosedAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P09_SecondConnectAndServersPackets_AreClosed(bool version5)
    {
        foreach (var type in (int[])[0, 1, 2, 5, 6, 7, 9, 11, 13, 15])
        {
            var device = await shared.NewDeviceAsync();
            await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = version5 });
            await mqtt.SendAsync([(byte)(type << 4), 2, 0, 1]);
            var answers = await mqtt.UntilClosedAsync();
            Assert.Equal(version5 ? [0xE0] : [], answers.Select(answer => answer[0]));
            await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected);
        }
    }

    [Fact]
    public async Task P10_UnknownAcknowledgementIgnored_ReusedPacketIdTaken_65535InFlightHeld()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        await mqtt.SendAsync(MqttPackets.PubAck(4711), MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());

        var topic = MqttHub.TopicOf(device);
        await mqtt.SendAsync(MqttPackets.Publish(topic, "a", 3), MqttPackets.Publish(topic, "b", 3));
        Assert.Equal(3, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        Assert.Equal(3, MqttPackets.IdOf(await mqtt.ReceiveAsync()));

        // As many as there are packet ids, without waiting: all are acknowledged, in order.
        var sending = mqtt.SendAsync([.. Enumerable.Range(1, 65_535).Select(id => MqttPackets.Publish(topic, "x", (ushort)id))]);
        for (var id = 1; id <= 65_535; id++)
            Assert.Equal(id, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        await sending;
    }

    /// <summary>Sends bytes after a good CONNECT; the connection is closed and its history says why.</summary>
    private async Task CheckClosesAsync(byte[] bytes, string what = "")
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        await mqtt.SendAsync(bytes);
        Assert.Empty(await mqtt.UntilClosedAsync());
        var entry = await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, what == "more than" ? what : "");
        Assert.False(string.IsNullOrEmpty(entry.Reason), what);
    }
}
