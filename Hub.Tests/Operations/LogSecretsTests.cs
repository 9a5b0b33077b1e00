using System.Net;
using System.Net.Http.Json;
using System.Text;
using Hub.Cli.Load;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Operations;

/// <summary>Neither payloads nor keys, tokens or passwords reach a log line, however much the hub is asked to log of itself.</summary>
public sealed class LogSecretsTests
{
    private const string Payload = "canary-payload-7f3a";
    private const string Password = "canary-password-91c2";

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Promise", "P-6")]
    [InlineData("Information")]
    [InlineData("Trace")]
    public async Task Log_OfAllThatDevicesAndServicesDo_HoldsNoSecret(string level)
    {
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var hub = await HubProcess.StartAsync(data, null, "--Logging:LogLevel:Hub=" + level, "--Hub:Portal:AdminPassword=" + Password);
        var owner = ServiceConnectionString.TryParse(await HubOwner.AskAsync(data))!;
        using var client = new HubOwner(owner).CreateClient(hub);
        var key = await HubOwner.CreateDeviceAsync(client, "d1");
        var token = SharedAccessSignature.Create("localhost/devices/d1", key, TimeProvider.System.GetUtcNow().AddHours(1));
        var forged = SharedAccessSignature.Create("localhost/devices/d1", Convert.ToBase64String(Encoding.UTF8.GetBytes(Payload)), TimeProvider.System.GetUtcNow().AddHours(1));

        // 1. What is taken, and what is refused for itself or for its sender.
        foreach (var (credential, body, expected) in new[] { (token, Payload, 204), (forged, Payload, 401), (token, Payload + new string('x', 300_000), 413) })
            Assert.Equal(expected, (int)await PostAsync(hub, credential, body));
        await using (var mqtt = await RawMqtt.TcpAsync(hub.MqttPort))
        {
            await mqtt.SendAsync(PacketEncoder.Connect(new MqttIdentity("d1", "localhost/d1/?api-version=2021-04-12", token), 60));
            await mqtt.ReceiveAsync();
            await mqtt.SendAsync(MqttPackets.Publish("devices/d1/messages/events/", Payload, 1));
            await mqtt.ReceiveAsync();
            await mqtt.SendAsync(MqttPackets.Publish("devices/other/messages/events/", Payload, 2));
            await mqtt.UntilClosedAsync();
        }

        await using (var mqtt = await RawMqtt.TcpAsync(hub.MqttPort))
        {
            await mqtt.SendAsync(PacketEncoder.Connect(new MqttIdentity("d1", "localhost/d1/?api-version=2021-04-12", forged), 60));
            await mqtt.UntilClosedAsync();
        }

        // 2. What services and operators do.
        using var keys = await client.GetAsync("/api/v1/devices/d1/keys", None);
        using var bad = await client.PutAsJsonAsync("/api/v1/devices/d2", new { primaryKey = Payload }, None);
        using var stream = await client.GetAsync($"/hubs/live?access_token={Uri.EscapeDataString(token)}", None);
        using var signIn = await client.PostAsJsonAsync("/api/v1/session", new { userName = "admin", password = Payload }, None);
        await Eventually.TrueAsync(() => hub.Output.Contains("d1", StringComparison.Ordinal));
        await hub.TerminateAsync();

        Assert.Equal(level == "Trace", hub.Output.Contains("dbug: ", StringComparison.Ordinal) || hub.Output.Contains("trce: ", StringComparison.Ordinal));
        foreach (var secret in new[] { Payload, Password, key, owner.SharedAccessKey, SignatureOf(token), SignatureOf(forged) })
        {
            Assert.DoesNotContain(secret, hub.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(Uri.EscapeDataString(secret), hub.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), hub.Output, StringComparison.Ordinal);
        }
    }

    private static string SignatureOf(string token) => Uri.UnescapeDataString(token.Split("sig=")[1].Split('&')[0]);

    private static async Task<HttpStatusCode> PostAsync(HubProcess hub, string token, string body)
    {
        using var client = new HttpClient { BaseAddress = hub.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/devices/d1/messages/events?api-version=2021-04-12") { Content = new StringContent(body) };
        request.Headers.TryAddWithoutValidation("Authorization", token);
        using var answer = await client.SendAsync(request, None);
        return answer.StatusCode;
    }
}
