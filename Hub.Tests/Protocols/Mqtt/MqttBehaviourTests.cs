using System.Text;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What a connected device is given and refused, over real sockets.</summary>
public sealed class MqttBehaviourTests(MqttHub shared) : IClassFixture<MqttHub>
{
    private static readonly ConnectOptions Version5 = new() { Version5 = true };

    [Fact]
    public async Task Connect_Version5_AnnouncesWhatThereIs()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await shared.OpenAsync();
        var answer = await mqtt.ConnectAsync(device, Version5 with { KeepAlive = 0 });

        var properties = PropertiesOf(answer.AsSpan(4));
        Assert.Equal(
            new SortedDictionary<int, long>
            {
                [0x13] = 1177, // Server Keep Alive
                [0x21] = 1000, // Receive Maximum
                [0x24] = 1, // Maximum QoS
                [0x25] = 0, // Retain Available
                [0x27] = 262_144 + (128 * 1024), // Maximum Packet Size
                [0x29] = 0, // Subscription Identifier Available
                [0x2A] = 0, // Shared Subscription Available
            },
            properties);
    }

    [Fact]
    public async Task Connect_EnhancedAuthentication_IsRefusedWithItsCode()
    {
        await using var mqtt = await shared.OpenAsync();
        await mqtt.SendAsync(MqttPackets.Connect("d", "t", Version5 with { Properties = [0x15, .. MqttPackets.Text("SCRAM")] }));
        Assert.Equal(0x8C, MqttPackets.CodeOf(Assert.Single(await mqtt.UntilClosedAsync())));
    }

    [Theory]
    [InlineData("MQIsdp", 3)]
    [InlineData("MQTT", 3)]
    [InlineData("MQTT", 6)]
    public async Task Connect_OtherVersion_IsRefusedWithItsCode(string name, byte level)
    {
        await using var mqtt = await shared.OpenAsync();
        await mqtt.SendAsync(MqttPackets.Frame(0x10, MqttPackets.Text(name), [level, 2, 0, 60], MqttPackets.Text("d")));
        Assert.Equal([0x20, 2, 0, 1], Assert.Single(await mqtt.UntilClosedAsync()));
    }

    [Fact]
    public async Task Publish_PropertiesAndFlags_AreStoredWithTheHubsStamps()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        var topic = MqttHub.TopicOf(device);
        await mqtt.SendAsync(
            MqttPackets.Publish(topic + "%24.ct=application%2Fjson&%24.ce=utf-8&a=1&b&iothub-connection-device-id=forged/", "{}", 1, flags: 0x09),
            MqttPackets.Publish(topic[..^1], "no slash"),
            MqttPackets.Publish(topic, [], 2));
        await mqtt.ReceiveAsync();
        Assert.Equal(2, MqttPackets.IdOf(await mqtt.ReceiveAsync()));

        var stored = await shared.Hub.StoredAsync(device.Id.Value);
        Assert.Equal(["{}", "no slash", ""], await shared.Hub.StoredTextsAsync(device.Id.Value));
        Assert.Equal("a=1;b=;mqtt-retain=true;mqtt-dup=true", string.Join(';', stored[0].Message.Properties.Items.Select(p => $"{p.Key}={p.Value}")));
        Assert.Equal("application/json", stored[0].Message.SystemProperties[SystemPropertyNames.ContentType]);
        Assert.Equal((device.Id, device.GenerationId), (stored[0].Sender.DeviceId, stored[0].Sender.GenerationId));
        Assert.Contains("\"type\":\"sas\"", stored[0].Sender.AuthMethod, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_Version5Properties_AreMapped()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        byte[] properties =
        [
            0x02, .. MqttPackets.Number4(3600), 0x03, .. MqttPackets.Text("text/plain"), 0x09, .. MqttPackets.Text("c1"),
            .. MqttPackets.UserProperty("u", "1"), .. MqttPackets.UserProperty("both", "user"),
        ];
        await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device) + "both=topic", "x", 1, properties));
        Assert.Equal([0x40, 2, 0, 1], await mqtt.ReceiveAsync());

        var message = Assert.Single(await shared.Hub.StoredAsync(device.Id.Value)).Message;
        Assert.Equal(("text/plain", "c1", "1", "topic"), (
            message.SystemProperties[SystemPropertyNames.ContentType], message.SystemProperties[SystemPropertyNames.CorrelationId],
            message.Properties["u"], message.Properties["both"]));
        Assert.True(DateTimeOffset.TryParse(message.SystemProperties[SystemPropertyNames.AbsoluteExpiryTime], out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_QualityOfService2_IsClosed(bool version5)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = version5 });
        await mqtt.SendAsync(MqttPackets.Frame(
            0x34, MqttPackets.Text(MqttHub.TopicOf(device)), [0, 1], version5 ? [0] : [], MqttHub.Bytes("x")));
        Assert.Equal(version5 ? [0x9B] : Array.Empty<byte>(), (await mqtt.UntilClosedAsync()).Select(packet => packet[2]));
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "quality of service 2");
    }

    [Theory]
    [InlineData("", 0x94)]
    [InlineData("OWN", 0x94)]
    public async Task Publish_TopicAlias_IsClosedWithItsCode(string topic, byte code)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        await mqtt.SendAsync(MqttPackets.Publish(topic == "OWN" ? MqttHub.TopicOf(device) : topic, "x", 1, [0x23, 0, 1]));
        Assert.Equal(code, Assert.Single(await mqtt.UntilClosedAsync())[2]);
    }

    [Theory]
    [InlineData("devices/another/messages/events/")]
    [InlineData("any/topic")]
    [InlineData("$SYS/x")]
    [Trait("Promise", "P-6")]
    public async Task Publish_ForeignTopic_IsClosedWithReason(string topic)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        await mqtt.SendAsync(MqttPackets.Publish(topic, "x", 1, []));
        Assert.Equal(0x90, Assert.Single(await mqtt.UntilClosedAsync())[2]);
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "topic");
    }

    [Theory]
    [InlineData(262_144, true)]
    [InlineData(262_145, false)]
    public async Task Publish_LargestMessage_IsTakenAndNoLarger(int size, bool isTaken)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), new byte[size], 1, []));
        var answer = await mqtt.ReceiveAsync();
        Assert.Equal(isTaken ? (0x40, 0) : (0xE0, 0x95), (answer[0], isTaken ? 0 : answer[2]));
        Assert.Equal(isTaken ? 1 : 0, (await shared.Hub.StoredAsync(device.Id.Value)).Count);
    }

    [Fact]
    [Trait("Promise", "P-6")]
    public async Task Subscribe_OwnAndForeignFilters_AreGrantedAndRefused()
    {
        var device = await shared.NewDeviceAsync();
        (string, byte)[] filters =
        [
            ($"devices/{device.Id.Value}/messages/devicebound/#", 2), ("$iothub/twin/res/#", 0), ("$iothub/methods/POST/#", 1),
            ("$iothub/twin/PATCH/properties/desired/#", 1), ("#", 1), ("devices/another/messages/devicebound/#", 1),
            ($"devices/{device.Id.Value}/messages/events/#", 1),
        ];
        await using (var old = await RawMqtt.ConnectedAsync(shared.Hub, device))
        {
            await old.SendAsync(MqttPackets.Subscribe(5, false, filters));
            Assert.Equal([0x90, 9, 0, 5, 1, 0, 1, 1, 0x80, 0x80, 0x80], await old.ReceiveAsync());
        }

        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        await mqtt.SendAsync(MqttPackets.Subscribe(6, true, [.. filters, ("$share/g/a", 1)]));
        Assert.Equal([0x90, 11, 0, 6, 0, 1, 0, 1, 1, 0x87, 0x87, 0x87, 0x9E], await mqtt.ReceiveAsync());
        await mqtt.SendAsync(MqttPackets.Unsubscribe(7, true, "$iothub/twin/res/#", "never"));
        Assert.Equal([0xB0, 5, 0, 7, 0, 0, 0x11], await mqtt.ReceiveAsync());
    }

    [Fact]
    public async Task TwinGet_WhileThereAreNoTwins_AnswersNotBuilt()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        await mqtt.SendAsync(MqttPackets.Subscribe(1, false, ("$iothub/twin/res/#", 0)));
        await mqtt.ReceiveAsync();

        // A request id that leaves the answer no room is passed over; the connection stays.
        await mqtt.SendAsync(MqttPackets.Publish("$iothub/twin/GET/?$rid=" + new string('r', 65_000), ""));
        await mqtt.SendAsync(MqttPackets.Publish("$iothub/twin/GET/?$rid=4a", ""));

        var answer = """{"errorCode":501000,"message":"This hub has no device twins yet."}""";
        Assert.Equal(MqttPackets.Publish("$iothub/twin/res/501/?$rid=4a", answer), await mqtt.ReceiveAsync());
        await mqtt.SendAsync(MqttPackets.Publish("$iothub/twin/PATCH/properties/reported/?$rid=5", "{}", 9));
        byte[] kinds = [(await mqtt.ReceiveAsync())[0], (await mqtt.ReceiveAsync())[0]];
        Assert.Equal(new byte[] { 0x30, 0x40 }, kinds.Order().ToArray());
    }

    [Fact]
    public async Task KeepAlive_SilentForOneAndAHalf_IsClosedWithReason()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5 with { KeepAlive = 1 });
        Assert.Equal(0x8D, Assert.Single(await mqtt.UntilClosedAsync())[2]);
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "keep-alive");
    }

    [Fact]
    public async Task Disconnect_WithReason_StandsShortenedInTheHistory()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        await mqtt.SendAsync(MqttPackets.DisconnectWith(0, [0x1F, .. MqttPackets.Text("battery " + new string('!', 60_000))]));
        Assert.Empty(await mqtt.UntilClosedAsync());
        var entry = await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "battery");
        Assert.InRange(entry.Reason!.Length, 10, 400);
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task StoreCannotTake_Version311_IsClosedUnacknowledged()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        await ListensAsync(device);
        var gate = shared.Hub.Get<IngestGate>();
        gate.Close("test", "The test says no.");
        try
        {
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 1));
            Assert.Empty(await mqtt.UntilClosedAsync());

            await using var late = await shared.OpenAsync();
            Assert.Equal(3, MqttPackets.CodeOf(await late.ConnectAsync(device)));
        }
        finally
        {
            gate.Open("test");
        }

        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "the test says no");
        Assert.Empty(await shared.Hub.StoredAsync(device.Id.Value));
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task StoreCannotTake_Version5_IsToldAndGoesOnWhenItCan()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5);
        await ListensAsync(device);
        var gate = shared.Hub.Get<IngestGate>();
        gate.Close("test", "The test says no.");
        try
        {
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 1, []));
            var refused = await mqtt.ReceiveAsync();
            Assert.Equal([0x40, 0x97], [refused[0], refused[4]]);
            Assert.Contains("The test says no.", Encoding.UTF8.GetString(refused), StringComparison.Ordinal);
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "later", 2, []));
        }
        finally
        {
            gate.Open("test");
        }

        Assert.Equal([0x40, 2, 0, 2], await mqtt.ReceiveAsync());
        Assert.Equal(["later"], await shared.Hub.StoredTextsAsync(device.Id.Value));
    }

    [Fact]
    public async Task Refusal_DeviceWantsNoReasonsOrSmallPackets_IsSpared()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, Version5 with { Properties = [0x17, 0] });
        var gate = shared.Hub.Get<IngestGate>();
        await ListensAsync(device);
        gate.Close("test", "The test says no.");
        try
        {
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 1, []));
            Assert.DoesNotContain("test", Encoding.UTF8.GetString(await mqtt.ReceiveAsync()), StringComparison.Ordinal);
        }
        finally
        {
            gate.Open("test");
        }
    }

    /// <summary>From here on the hub takes one more read's worth from the device, even while the store cannot take it.</summary>
    private Task ListensAsync(Device device) => Eventually.TrueAsync(
        () => shared.Hub.Get<SessionTable>().TryGet(device.Id, out var link) && link is MqttDeviceLink { IsListening: true });

    private static SortedDictionary<int, long> PropertiesOf(ReadOnlySpan<byte> block)
    {
        var found = new SortedDictionary<int, long>();
        var rest = block[1..];
        while (!rest.IsEmpty)
        {
            var id = rest[0];
            var length = id switch { 0x13 or 0x21 or 0x22 => 2, 0x27 or 0x11 => 4, _ => 1 };
            long value = 0;
            foreach (var digit in rest.Slice(1, length))
                value = (value << 8) | digit;
            // Zero is what an absent Topic Alias Maximum means; both say the same.
            if (id != 0x22 || value != 0)
                found[id] = value;
            rest = rest[(1 + length)..];
        }

        return found;
    }
}
