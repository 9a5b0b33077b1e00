using System.Globalization;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>The expiry of a will is mapped as that of any publish; it runs from the moment in which the will is published.</summary>
public sealed class MqttWillExpiryTests(MqttHub shared) : IClassFixture<MqttHub>
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Will_WithMessageExpiry_ExpiresSoLongAfterItIsPublished(uint delay)
    {
        var device = await shared.NewDeviceAsync();
        var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions
        {
            Version5 = true,
            Clean = false,
            Properties = [0x11, .. MqttPackets.Number4(600)],
            WillTopic = MqttHub.TopicOf(device),
            WillProperties = [0x02, .. MqttPackets.Number4(3600), 0x18, .. MqttPackets.Number4(delay)],
        });
        var connected = TimeProvider.System.GetUtcNow();
        mqtt.Reset();

        await Eventually.TrueAsync(async () => (await shared.Hub.StoredAsync(device.Id.Value)).Count == 1);
        var stored = (await shared.Hub.StoredAsync(device.Id.Value))[0];
        var expiry = stored.Message.SystemProperties[SystemPropertyNames.AbsoluteExpiryTime];
        Assert.NotNull(expiry);
        var expires = DateTimeOffset.Parse(expiry, CultureInfo.InvariantCulture);
        Assert.InRange(expires, connected.AddSeconds(3600 + delay - 0.5), stored.EnqueuedTime.AddSeconds(3600));
        Assert.EndsWith("Z", expiry, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Will_ExpiryInItsTopicToo_TheTopicsCounts()
    {
        var device = await shared.NewDeviceAsync();
        var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions
        {
            Version5 = true,
            WillTopic = MqttHub.TopicOf(device) + "$.exp=2099-01-01T00:00:00Z",
            WillProperties = [0x02, .. MqttPackets.Number4(3600)],
        });
        mqtt.Reset();

        await Eventually.TrueAsync(async () => (await shared.Hub.StoredAsync(device.Id.Value)).Count == 1);
        var stored = (await shared.Hub.StoredAsync(device.Id.Value))[0];
        Assert.Equal("2099-01-01T00:00:00Z", stored.Message.SystemProperties[SystemPropertyNames.AbsoluteExpiryTime]);
    }
}
