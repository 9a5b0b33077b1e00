using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Durability;

/// <summary>The session of a device ends when it said, also when the hub was killed before it could note the end of the connection.</summary>
public sealed class SessionExpiryTests
{
    [Fact]
    public async Task Kill_WhileConnected_SessionsEndAfterTheirExpiryAndNotBefore()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are needed.");
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        var tokens = new Dictionary<string, string>();
        await using (var hub = await HubProcess.StartAsync(data))
        {
            using var client = (await HubOwner.OfAsync(data)).CreateClient(hub);
            foreach (var id in (string[])["short", "long", "endless", "old"])
            {
                var key = await HubOwner.CreateDeviceAsync(client, id);
                tokens[id] = SharedAccessSignature.Create($"localhost/devices/{id}", key, TimeProvider.System.GetUtcNow().AddHours(1));
            }

            await using var brief = await RawMqtt.TcpAsync(hub.MqttPort);
            await using var lasting = await RawMqtt.TcpAsync(hub.MqttPort);
            await using var endless = await RawMqtt.TcpAsync(hub.MqttPort);
            await using var old = await RawMqtt.TcpAsync(hub.MqttPort);
            Assert.Equal(0, await SessionPresentAsync(brief, "short", tokens, 1));
            Assert.Equal(0, await SessionPresentAsync(lasting, "long", tokens, 3600));
            Assert.Equal(0, await SessionPresentAsync(endless, "endless", tokens, uint.MaxValue));
            Assert.Equal(0, await SessionPresentAsync(old, "old", tokens, null));
            await hub.KillAsync();
        }

        await using var again = await HubProcess.StartAsync(data);
        // The hub has noted the end of all connections at its start, so the second of the short session ends a second from here at the latest.
        var restarted = TimeProvider.System.GetUtcNow();
        await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() > restarted.AddSeconds(1));
        List<int> present = [];
        foreach (var (id, expiry) in ((string, uint?)[])[("short", 3600), ("long", 3600), ("endless", uint.MaxValue), ("old", null)])
        {
            await using var mqtt = await RawMqtt.TcpAsync(again.MqttPort);
            present.Add(await SessionPresentAsync(mqtt, id, tokens, expiry));
        }

        Assert.Equal([0, 1, 1, 1], present);
    }

    /// <summary>Connects by MQTT 5, or by 3.1.1 without an expiry, and says what the CONNACK said of the session.</summary>
    private static async Task<int> SessionPresentAsync(RawMqtt mqtt, string id, Dictionary<string, string> tokens, uint? expiry)
    {
        var options = new ConnectOptions { Clean = false };
        if (expiry is { } seconds)
            options = options with { Version5 = true, Properties = [0x11, .. MqttPackets.Number4(seconds)] };
        await mqtt.SendAsync(MqttPackets.Connect(id, tokens[id], options));
        var answer = await mqtt.ReceiveAsync();
        Assert.Equal(0, MqttPackets.CodeOf(answer));
        return answer[2];
    }
}
