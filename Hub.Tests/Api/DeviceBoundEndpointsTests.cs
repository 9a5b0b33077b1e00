using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

public sealed class DeviceBoundEndpointsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_WholeMessage_IsStoredAndShown()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        using var answer = await PostAsync(
            client, "/api/v1/devices/d1/c2d",
            """{"body":{"on":true},"messageId":"m1","correlationId":"c","userId":"u","properties":{"a":"b"},"ack":"full","timeToLive":"PT10M"}""");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var sent = await JsonAsync(answer);
        Assert.Equal($"/api/v1/c2d/{sent.GetProperty("id").GetString()}", answer.Headers.Location!.ToString());
        Assert.Equal(
            ("m1", "d1", "1", "Enqueued", 0, "full", "json", "{\"on\":true}", "application/json", "utf-8"),
            (Text("messageId"), Text("deviceId"), Text("sequenceNumber"), Text("state"), sent.GetProperty("deliveryCount").GetInt32(), Text("ack"), Text("bodyEncoding"),
                sent.GetProperty("body").GetRawText(), Text("contentType"), Text("contentEncoding")));
        Assert.Equal(("c", "u", "b"), (Text("correlationId"), Text("userId"), sent.GetProperty("properties").GetProperty("a").GetString()));
        Assert.Equal(TimeSpan.FromMinutes(10), sent.GetProperty("expiresAt").GetDateTimeOffset() - sent.GetProperty("enqueuedTime").GetDateTimeOffset());
        Assert.Equal(JsonValueKind.Null, sent.GetProperty("outcome").ValueKind);
        var shown = await client.GetFromJsonAsync<JsonElement>(answer.Headers.Location, None);
        var line = Assert.Single(shown.GetProperty("history").EnumerateArray());
        Assert.Equal(("Enqueued", "tester"), (line.GetProperty("event").GetString(), line.GetProperty("by").GetString()));
        Assert.Equal("{\"on\":true}", await client.GetStringAsync(answer.Headers.Location + "/body", None));

        string? Text(string name) => sent.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("""{"body":"text"}""", "utf8", "\"text\"", 4)]
    [InlineData("""{"body":"AP8=","bodyEncoding":"base64"}""", "base64", "\"AP8=\"", 2)]
    [InlineData("""{"body":"text","bodyEncoding":"json"}""", "json", "\"text\"", 6)]
    [InlineData("""{"body":[1, 2]}""", "json", "[1,2]", 6)]
    [InlineData("{}", "utf8", "\"\"", 0)]
    public async Task Send_BodyInAnyForm_ReachesTheStoreAsItsBytes(string request, string encoding, string shown, int bytes)
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        using var answer = await PostAsync(client, "/api/v1/devices/d1/c2d", request);

        var sent = await JsonAsync(answer);
        Assert.Equal((encoding, shown), (sent.GetProperty("bodyEncoding").GetString(), sent.GetProperty("body").GetRawText()));
        Assert.Equal(bytes, (await client.GetByteArrayAsync(answer.Headers.Location + "/body", None)).Length);
    }

    [Theory]
    [InlineData("d1", "", 400, ErrorCode.IotHubFormatError, "The body is missing or is not valid JSON.")]
    [InlineData("d1", "{\"body\":", 400, ErrorCode.IotHubFormatError, "The body")]
    [InlineData("d1", "{\"bodi\":1}", 400, ErrorCode.IotHubFormatError, "this call knows no such field")]
    [InlineData("d1", "{\"body\":1,\"bodyEncoding\":\"utf8\"}", 400, ErrorCode.ArgumentInvalid, "The body is not text")]
    [InlineData("d1", "{\"body\":\"*\",\"bodyEncoding\":\"base64\"}", 400, ErrorCode.ArgumentInvalid, "not base64")]
    [InlineData("d1", "{\"messageId\":\"a b\"}", 400, ErrorCode.ArgumentInvalid, "A message id has")]
    [InlineData("d1", "{\"properties\":{\"a b\":\"c\"}}", 400, ErrorCode.ArgumentInvalid, "The name of a property")]
    [InlineData("d1", "{\"properties\":{\"a\":\"\\u00fc\"}}", 400, ErrorCode.ArgumentInvalid, "printable ASCII")]
    [InlineData("d1", "{\"timeToLive\":\"1h\"}", 400, ErrorCode.ArgumentInvalid, "ISO 8601")]
    [InlineData("d1", "{\"timeToLive\":\"P1M\"}", 400, ErrorCode.ArgumentInvalid, "ISO 8601")]
    [InlineData("d1", "{\"timeToLive\":\"PT1H\",\"expiresAt\":\"2100-01-01T00:00:00Z\"}", 400, ErrorCode.ArgumentInvalid, "not both")]
    [InlineData("d1", "{\"timeToLive\":\"P3D\"}", 403, ErrorCode.InvalidMessageExpiryTime, "at most 2.00:00:00")]
    [InlineData("d1", "{\"expiresAt\":\"2000-01-01T00:00:00Z\"}", 403, ErrorCode.InvalidMessageExpiryTime, "is over before")]
    [InlineData("d1", "{\"notBefore\":\"2100-01-01T00:00:00Z\"}", 403, ErrorCode.InvalidMessageExpiryTime, "scheduled")]
    [InlineData("unknown", "{}", 404, ErrorCode.DeviceNotFound, "There is no device unknown.")]
    [InlineData("d1?wait=1h", "{}", 400, ErrorCode.ArgumentInvalid, "such as 30s")]
    public async Task Send_Bad_IsRefusedInASentenceAndStoresNothing(string target, string request, int status, ErrorCode code, string sentence)
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        var path = target.Split('?');

        using var answer = await PostAsync(client, $"/api/v1/devices/{path[0]}/c2d" + (path.Length > 1 ? "?" + path[1] : ""), request);

        var problem = await JsonAsync(answer);
        Assert.Equal((status, (int)code), ((int)answer.StatusCode, problem.GetProperty("errorCode").GetInt32()));
        Assert.Contains(sentence, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty((await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d", None)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Send_TooLargeTooManyOrTooDeep_IsRefused()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        for (var i = 0; i < 50; i++)
            (await PostAsync(client, "/api/v1/devices/d1/c2d", "{}")).Dispose();

        using var full = await PostAsync(client, "/api/v1/devices/d1/c2d", "{}");
        using var large = await PostAsync(client, "/api/v1/devices/d1/c2d", $"{{\"body\":\"{new string('x', 65_537)}\"}}");
        using var deep = await PostAsync(client, "/api/v1/devices/d1/c2d", $"{{\"body\":{new string('[', 40)}{new string(']', 40)}}}");

        Assert.Equal((HttpStatusCode.Forbidden, (int)ErrorCode.DeviceMaximumQueueDepthExceeded), (full.StatusCode, (await JsonAsync(full)).GetProperty("errorCode").GetInt32()));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, (int)ErrorCode.MessageTooLarge), (large.StatusCode, (await JsonAsync(large)).GetProperty("errorCode").GetInt32()));
        Assert.Equal((HttpStatusCode.BadRequest, (int)ErrorCode.IotHubFormatError), (deep.StatusCode, (await JsonAsync(deep)).GetProperty("errorCode").GetInt32()));
    }

    [Fact]
    public async Task Send_SameMessageId_AnswersTheFirst()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        using var first = await PostAsync(client, "/api/v1/devices/d1/c2d", """{"body":"one","messageId":"m"}""");

        using var again = await PostAsync(client, "/api/v1/devices/d1/c2d", """{"body":"two","messageId":"m"}""");

        Assert.Equal((HttpStatusCode.OK, "one"), (again.StatusCode, (await JsonAsync(again)).GetProperty("body").GetString()));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
    }

    [Fact]
    public async Task Send_Wait_AnswersWhenItIsSettledOrTheTimeIsOver()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        var waiting = PostAsync(client, "/api/v1/devices/d1/c2d?wait=30s", """{"messageId":"m"}""");
        var queue = host.Get<DeviceBoundQueue>();
        DeviceBoundMessage? taken = null;
        await Eventually.TrueAsync(async () => (taken = (await queue.LeaseAsync(DeviceId.Parse("d1"), "1", 1, null, "here", None)).FirstOrDefault()) is not null);
        Assert.True(await queue.SettleAsync(taken!.Entry.Id, DeviceBound.Settlement(SettlementKind.Complete, taken.Entry.Lock!.Token), None));
        using var settled = await waiting;
        using var over = await PostAsync(client, "/api/v1/devices/d1/c2d?wait=1s", "{}");
        using var again = await PostAsync(client, "/api/v1/devices/d1/c2d?wait=1s", """{"messageId":"m"}""");

        Assert.Equal((HttpStatusCode.Created, "Completed"), (settled.StatusCode, (await JsonAsync(settled)).GetProperty("outcome").GetString()));
        Assert.Equal((HttpStatusCode.Accepted, "Enqueued"), (over.StatusCode, (await JsonAsync(over)).GetProperty("state").GetString()));
        Assert.Equal((HttpStatusCode.OK, "Completed"), (again.StatusCode, (await JsonAsync(again)).GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task Cancel_OneOfThree_EndsItAndTheOthersKeepTheirOrder()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        for (var i = 0; i < 3; i++)
            (await PostAsync(client, "/api/v1/devices/d1/c2d", $"{{\"body\":\"{i}\"}}")).Dispose();

        using var cancelled = await client.PostAsync("/api/v1/c2d/2/cancel", null, None);
        using var again = await client.PostAsync("/api/v1/c2d/2/cancel", null, None);
        using var unknown = await client.PostAsync("/api/v1/c2d/99/cancel", null, None);

        var ended = await JsonAsync(cancelled);
        Assert.Equal(("DeadLettered", "Cancelled", "Cancelled"), (ended.GetProperty("state").GetString(), ended.GetProperty("outcome").GetString(), ended.GetProperty("reason").GetString()));
        Assert.Equal(HttpStatusCode.PreconditionFailed, again.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var left = await host.Get<DeviceBoundQueue>().LeaseAsync(DeviceId.Parse("d1"), "1", 10, null, "here", None);
        Assert.Equal(["0", "2"], left.Select(message => message.TextOf()));
    }

    [Fact]
    public async Task Cancel_LockedMessage_IsAppliedUnlessTheDeviceCompletesIt()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        for (var i = 0; i < 2; i++)
            (await PostAsync(client, "/api/v1/devices/d1/c2d", "{}")).Dispose();
        var queue = host.Get<DeviceBoundQueue>();
        var taken = await queue.LeaseAsync(DeviceId.Parse("d1"), "1", 2, null, "here", None);

        for (var i = 1; i <= 2; i++)
        {
            using var asked = await client.PostAsync($"/api/v1/c2d/{i}/cancel", null, None);
            var shown = await JsonAsync(asked);
            Assert.Equal(("Invisible", true), (shown.GetProperty("state").GetString(), shown.GetProperty("cancelRequested").GetBoolean()));
        }

        await queue.SettleAsync(1, DeviceBound.Settlement(SettlementKind.Complete, taken[0].Entry.Lock!.Token), None);
        await queue.SettleAsync(2, DeviceBound.Settlement(SettlementKind.Abandon, taken[1].Entry.Lock!.Token), None);

        Assert.Equal("Completed", (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/1", None)).GetProperty("outcome").GetString());
        Assert.Equal("Cancelled", (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/2", None)).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task List_FilteredAndPaged_ShowsWhatMatches()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        for (var i = 0; i < 3; i++)
            (await PostAsync(client, "/api/v1/devices/d1/c2d", $"{{\"body\":\"number {i}\"}}")).Dispose();
        (await client.PostAsync("/api/v1/c2d/1/cancel", null, None)).Dispose();

        var first = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d?deviceId=d1&limit=2", None);
        var second = await client.GetFromJsonAsync<JsonElement>($"/api/v1/c2d?deviceId=d1&limit=2&cursor={first.GetProperty("nextCursor")}", None);
        var dead = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d?state=DeadLettered&q=number", None);
        using var bad = await client.GetAsync("/api/v1/c2d?state=Lost", None);

        Assert.Equal(["number 2", "number 1"], Bodies(first));
        Assert.Equal(["number 0"], Bodies(second));
        Assert.Equal(["number 0"], Bodies(dead));
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Fact]
    public async Task All_WithoutTheRight_AreRefused()
    {
        await using var host = await StartAsync();
        using var client = host.Client("RegistryRead");

        using var send = await PostAsync(client, "/api/v1/devices/d1/c2d", "{}");
        using var list = await client.GetAsync("/api/v1/c2d", None);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (send.StatusCode, list.StatusCode));
    }

    private static async Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        await host.Devices.TryAddAsync(Devices.New("d1"), None);
        return host;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string json) =>
        client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"), None);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync(None));

    private static IEnumerable<string?> Bodies(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("body").GetString());
}
