using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What a device may subscribe to and is given.</summary>
[Collection(nameof(MqttHub))]
public sealed class MqttSubscribeTests(MqttHub shared)
{
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

        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
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
}
