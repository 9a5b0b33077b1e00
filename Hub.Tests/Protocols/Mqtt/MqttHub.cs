using System.Text;
using Hub.Server.Registry;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>One hub for all tests of a class, or of the collection of its name; each test takes devices of its own.</summary>
[CollectionDefinition(nameof(MqttHub))]
public sealed class MqttHub : IAsyncLifetime, ICollectionFixture<MqttHub>
{
    internal static readonly ConnectOptions Version5 = new() { Version5 = true };

    private int _devices;

    internal HubFixture Hub { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Hub = await HubFixture.StartAsync();

    public ValueTask DisposeAsync() => Hub.DisposeAsync();

    internal Task<Device> NewDeviceAsync() => Hub.AddDeviceAsync($"d-{Interlocked.Increment(ref _devices)}");

    internal Task<RawMqtt> OpenAsync() => RawMqtt.TcpAsync(Hub.Port("mqtt"));

    /// <summary>A good device gets a message through: the hub is well.</summary>
    internal async Task CheckCanaryAsync()
    {
        var device = await NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(Hub, device);
        await mqtt.SendAsync(MqttPackets.Publish(TopicOf(device), "tweet", 7));
        Assert.Equal([0x40, 2, 0, 7], await mqtt.ReceiveAsync());
    }

    internal static string TopicOf(Device device) => $"devices/{device.Id.Value}/messages/events/";

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
