using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>How connections begin and end: what a device is told.</summary>
[Collection(nameof(MqttHub))]
public sealed class MqttConnectTests(MqttHub shared)
{
    [Fact]
    public async Task Connect_Version5_AnnouncesWhatThereIs()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await shared.OpenAsync();
        var answer = await mqtt.ConnectAsync(device, MqttHub.Version5 with { KeepAlive = 0 });

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
        await mqtt.SendAsync(MqttPackets.Connect("d", "t", MqttHub.Version5 with { Properties = [0x15, .. MqttPackets.Text("SCRAM")] }));
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
    public async Task Disconnect_WithReason_StandsShortenedInTheHistory()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
        await mqtt.SendAsync(MqttPackets.DisconnectWith(0, [0x1F, .. MqttPackets.Text("battery " + new string('!', 60_000))]));
        Assert.Empty(await mqtt.UntilClosedAsync());
        var entry = await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "battery");
        Assert.InRange(entry.Reason!.Length, 10, 400);
    }

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
