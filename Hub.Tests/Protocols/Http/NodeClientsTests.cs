using System.Net.Http.Json;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Http;

/// <summary>The unmodified Node packages against the whole hub, over TLS on the port that they dial.</summary>
[Collection("Port 443")]
public sealed class NodeClientsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServiceClient_ManagesDevices()
    {
        SkipWhereImpossible();
        await using var hub = await StartAsync();

        var seen = await NodeClient.RunAsync("http-registry.js", hub.AuthorityPath, hub.ConnectionStringOf("iothubowner"));

        Assert.Equal(
            """
            {"created":"one","keyBytes":32,"createdTwice":"DeviceAlreadyExistsError","sameKeys":true,"getUnknown":"DeviceNotFoundError","byETag":true,"updated":["disabled","by its etag",true],"stale":"ArgumentError","still":"disabled","forced":"enabled","keysKept":true,"added":true,"listed":["b1","b2","b3","one"],"updatedMany":true,"addedTwice":"ArgumentError","statistics":{"totalDeviceCount":5,"enabledDeviceCount":2,"disabledDeviceCount":3},"queried":["b1","b2","b3","b4","one"],"removedMany":true,"twin":"This hub has no device twins and no direct methods yet.","left":0}
            """,
            seen.GetRawText());
    }

    [Fact]
    public async Task DeviceClient_SendsSinglesAndBatches()
    {
        SkipWhereImpossible();
        await using var hub = await StartAsync();
        var device = await hub.AddDeviceAsync("d:1@site");
        var right = new DeviceConnectionString(RunningHub.HostName, device.Id, ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary.ToBase64()).ToText();
        var wrong = new DeviceConnectionString(RunningHub.HostName, device.Id, Convert.ToBase64String(new byte[32])).ToText();

        var seen = await NodeClient.RunAsync("http-device.js", hub.AuthorityPath, right, wrong);

        Assert.Equal("""{"sent":"MessageEnqueued","sentBatch":"MessageEnqueued","tooLarge":"MessageTooLargeError","refused":"UnauthorizedError"}""", seen.GetRawText());
        using var client = hub.CreateClientOf("service");
        var page = (await client.GetFromJsonAsync<Page<TelemetryItem>>("/api/v1/telemetry?deviceId=d:1%40site&limit=100", None))!;
        Assert.Equal(21, page.Items.Count);
        var single = page.Items[0];
        Assert.Equal((BodyEncoding.Json, "ü"), (single.BodyEncoding, single.Body.GetProperty("text").GetString()));
        Assert.Equal(new Dictionary<string, string> { ["room"] = "kitchen", ["floor"] = "2" }, single.Properties);
        Assert.Equal(
            ("m-1", "c-1", "application/json", "utf-8"),
            (single.SystemProperties[SystemPropertyNames.MessageId], single.SystemProperties[SystemPropertyNames.CorrelationId],
                single.SystemProperties[SystemPropertyNames.ContentType], single.SystemProperties[SystemPropertyNames.ContentEncoding]));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), page.Items.Skip(1).Select(item => item.Properties["number"]));
        Assert.All(page.Items.Skip(1), item => Assert.Equal([0, 255], Convert.FromBase64String(item.Body.GetString()!)[..2]));
    }

    [Fact]
    public async Task DeviceClient_ReceivesAndSettles()
    {
        SkipWhereImpossible();
        await using var hub = await StartAsync();
        var device = await hub.AddDeviceAsync("d1");
        var connection = new DeviceConnectionString(RunningHub.HostName, device.Id, ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary.ToBase64()).ToText();
        using var client = hub.CreateClientOf("service");
        foreach (var body in (string[])["complete", "reject", "abandon"])
            (await client.PostAsJsonAsync("/api/v1/devices/d1/c2d", new { body, messageId = body, properties = new { room = "kitchen" } }, None)).EnsureSuccessStatusCode();

        var received = await NodeClient.RunAsync("http-device-c2d.js", hub.AuthorityPath, connection, "4");

        Assert.Equal(["complete", "reject", "abandon", "abandon"], received.EnumerateArray().Select(message => message.GetProperty("messageId").GetString()));
        Assert.Equal("""[["iothub-app-room","kitchen"]]""", received[0].GetProperty("properties").GetRawText());
        var ended = (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d?deviceId=d1", None)).GetProperty("items");
        Assert.Equal(
            ["abandon Completed 2", "reject Rejected 1", "complete Completed 1"],
            ended.EnumerateArray().Select(item => $"{item.GetProperty("messageId")} {item.GetProperty("outcome")} {item.GetProperty("deliveryCount")}"));
    }

    private static void SkipWhereImpossible()
    {
        Assert.SkipUnless(NodeClient.IsInstalled, "node and the packages of Hub.Tests/Clients are not installed (npm ci).");
        Assert.SkipUnless(RunningHub.CanListenOn443(), "Port 443 of 127.0.0.1 cannot be bound, where the clients dial.");
    }

    private static Task<RunningHub> StartAsync() => RunningHub.StartAsync(null, "--Hub:Endpoints:Https=https://127.0.0.1:443");
}
