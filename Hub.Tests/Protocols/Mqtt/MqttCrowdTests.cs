using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>A crowd at the door: row P13 of the catalogue. The hub is a process of its own, since both sides' sockets are too many for one.</summary>
public sealed class MqttCrowdTests
{
    private const int Crowd = 10_000;
    private const int Strangers = 1_000;

    [Fact]
    [Trait("Promise", "P-8")]
    public async Task P13_TenThousandConnectionsAndBadAuthentication_TheGoodDeviceConnects()
    {
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var hub = await HubProcess.StartAsync(data, null, "--Hub:Protocols:Mqtt:ConnectTimeout=00:01:00");
        using var client = (await HubOwner.OfAsync(data)).CreateClient(hub);
        var key = await HubOwner.CreateDeviceAsync(client, "good");
        var token = SharedAccessSignature.Create("localhost/devices/good", key, TimeProvider.System.GetUtcNow().AddHours(1));
        List<RawMqtt> crowd = [];
        try
        {
            while (crowd.Count < Crowd)
                crowd.AddRange(await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => RawMqtt.TcpAsync(hub.MqttPort))));

            // All from one address, as fast as they come: each gets its answer, whatever the device they claim to be.
            var refused = Task.WhenAll(crowd.TakeLast(Strangers).Select(async (peer, i) =>
            {
                await peer.SendAsync(MqttPackets.Connect($"stranger-{i % 20}", "SharedAccessSignature sr=x&sig=AAAA&se=9999999999"));
                return await peer.UntilClosedAsync();
            }));
            await using (var good = await RawMqtt.TcpAsync(hub.MqttPort))
            {
                await good.SendAsync(MqttPackets.Connect("good", token), MqttPackets.Publish("devices/good/messages/events/", "through", 1));
                Assert.Equal(0, MqttPackets.CodeOf(await good.ReceiveAsync().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)));
                Assert.Equal(1, MqttPackets.IdOf(await good.ReceiveAsync()));
            }

            // The first of the silent ones is still there, and hears an answer of its own.
            await crowd[0].SendAsync(MqttPackets.Connect("late", "SharedAccessSignature sr=x&sig=AAAA&se=9999999999"));
            Assert.Equal([0x20, 2, 0, 5], Assert.Single(await crowd[0].UntilClosedAsync()));
            Assert.All(await refused, answer => Assert.Equal([0x20, 2, 0, 5], Assert.Single(answer)));
        }
        finally
        {
            foreach (var peer in crowd)
                await peer.DisposeAsync();
        }
    }
}
