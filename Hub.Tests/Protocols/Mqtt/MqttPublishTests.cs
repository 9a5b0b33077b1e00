using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What becomes of what a device publishes.</summary>
[Collection(nameof(MqttHub))]
public sealed class MqttPublishTests(MqttHub shared)
{
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
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
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
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
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
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
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
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
        await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), new byte[size], 1, []));
        var answer = await mqtt.ReceiveAsync();
        Assert.Equal(isTaken ? (0x40, 0) : (0xE0, 0x95), (answer[0], isTaken ? 0 : answer[2]));
        Assert.Equal(isTaken ? 1 : 0, (await shared.Hub.StoredAsync(device.Id.Value)).Count);
    }
}
