using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.MqttPackets;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Every PUBLISH that is refused counts as one rejected message, under what was wrong with it.</summary>
[Trait("Promise", "P-8")]
public sealed class MqttRejectedCountTests(MqttHub shared) : IClassFixture<MqttHub>
{
    private static readonly string[] Reasons = [IngestMetrics.TooLarge, IngestMetrics.Malformed, IngestMetrics.NotAllowed];

    [Theory]
    [InlineData("quality of service 2", IngestMetrics.NotAllowed)]
    [InlineData("quality of service 3", IngestMetrics.Malformed)]
    [InlineData("no topic", IngestMetrics.Malformed)]
    [InlineData("packet id 0", IngestMetrics.Malformed)]
    [InlineData("foreign topic", IngestMetrics.NotAllowed)]
    [InlineData("malformed length", IngestMetrics.Malformed)]
    [InlineData("packet too large", IngestMetrics.TooLarge)]
    [InlineData("message too large", IngestMetrics.TooLarge)]
    [InlineData("quality of service 2", IngestMetrics.NotAllowed, true)]
    [InlineData("properties cut short", IngestMetrics.Malformed, true)]
    [InlineData("property given twice", IngestMetrics.Malformed, true)]
    [InlineData("property without a place", IngestMetrics.Malformed, true)]
    [InlineData("topic alias", IngestMetrics.Malformed, true)]
    [InlineData("no topic", IngestMetrics.Malformed, true)]
    [InlineData("foreign topic", IngestMetrics.NotAllowed, true)]
    [InlineData("message too large", IngestMetrics.TooLarge, true)]
    public async Task P8_RefusedPublish_CountsOnceUnderItsReason(string fault, string reason, bool version5 = false)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = version5 });
        var before = Counts();

        // In one write with a good one, which is stored: the fault is not the first thing in the buffer.
        var topic = MqttHub.TopicOf(device);
        await mqtt.SendAsync(Publish(topic, "good", 1, version5 ? [] : null), Bad(fault, topic, version5));
        await mqtt.UntilClosedAsync();

        Assert.Equal(Reasons.Select(each => (each, before[each] + (each == reason ? 1 : 0))), Counts().Select(count => (count.Key, count.Value)));
        Assert.Equal(["good"], await shared.Hub.StoredTextsAsync(device.Id.Value));
    }

    [Fact]
    public async Task P8_RefusedSubscribe_IsNoMessage()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        var before = Counts();

        await mqtt.SendAsync([0x82, 0xFF, 0xFF, 0xFF, 0x7F]);
        await mqtt.UntilClosedAsync();

        Assert.Equal(before, Counts());
    }

    private static byte[] Bad(string fault, string topic, bool version5)
    {
        byte[]? none = version5 ? [] : null;
        byte[] propertyLength = version5 ? [0] : [];
        return fault switch
        {
            "quality of service 2" => Frame(0x34, Text(topic), Number(2), propertyLength, [1]),
            "quality of service 3" => Frame(0x36, Text(topic), Number(2), propertyLength, [1]),
            "no topic" => Publish("", "x", 2, none),
            "packet id 0" => Frame(0x32, Text(topic), Number(0), propertyLength, [1]),
            "foreign topic" => Publish("devices/another/messages/events/", "x", 2, none),
            "malformed length" => [0x30, 0xFF, 0xFF, 0xFF, 0xFF],
            "packet too large" => [0x30, 0xFF, 0xFF, 0xFF, 0x7F],
            "message too large" => Publish(topic, new byte[262_145], 2, none),
            "properties cut short" => Frame(0x32, Text(topic), Number(2), [5, 0x26]),
            "property given twice" => Publish(topic, "x", 2, [0x01, 0, 0x01, 0]),
            "property without a place" => Publish(topic, "x", 2, [0x1F, .. Text("why")]),
            "topic alias" => Publish(topic, "x", 2, [0x23, 0, 1]),
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
        };
    }

    private SortedDictionary<string, long> Counts()
    {
        var counts = shared.Hub.Get<IngestMetrics>().RejectedByReason;
        return new(Reasons.ToDictionary(reason => reason, reason => counts.GetValueOrDefault(reason)), Comparer<string>.Create((a, b) => Array.IndexOf(Reasons, a) - Array.IndexOf(Reasons, b)));
    }
}
