using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What a device is told while its messages cannot be stored.</summary>
[Collection(nameof(MqttHub))]
public sealed class MqttStoreTests(MqttHub shared)
{
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
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5);
        await ListensAsync(device);
        var gate = shared.Hub.Get<IngestGate>();
        gate.Close("test", "The test says no.");
        try
        {
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 1, []));
            var refused = await mqtt.ReceiveAsync();
            Assert.Equal([0x40, 0x97], [refused[0], refused[4]]);
            // The reason is for whoever runs the hub, and may name places of its machine.
            Assert.Contains(IngestResult.UnavailableToSenders, Encoding.UTF8.GetString(refused), StringComparison.Ordinal);
            Assert.DoesNotContain("The test says no.", Encoding.UTF8.GetString(refused), StringComparison.Ordinal);

            await using var late = await shared.OpenAsync();
            var answer = await late.ConnectAsync(device, MqttHub.Version5);
            Assert.Equal(0x88, MqttPackets.CodeOf(answer));
            Assert.Contains(IngestResult.UnavailableToSenders, Encoding.UTF8.GetString(answer), StringComparison.Ordinal);
            Assert.DoesNotContain("The test says no.", Encoding.UTF8.GetString(answer), StringComparison.Ordinal);
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
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, MqttHub.Version5 with { Properties = [0x17, 0] });
        var gate = shared.Hub.Get<IngestGate>();
        await ListensAsync(device);
        gate.Close("test", "The test says no.");
        try
        {
            await mqtt.SendAsync(MqttPackets.Publish(MqttHub.TopicOf(device), "x", 1, []));
            Assert.DoesNotContain("cannot store", Encoding.UTF8.GetString(await mqtt.ReceiveAsync()), StringComparison.Ordinal);
        }
        finally
        {
            gate.Open("test");
        }
    }

    /// <summary>From here on the hub takes one more read's worth from the device, even while the store cannot take it.</summary>
    private Task ListensAsync(Device device) => Eventually.TrueAsync(
        () => shared.Hub.Get<SessionTable>().TryGet(device.Id, out var link) && link is MqttDeviceLink { IsListening: true });
}
