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

public sealed class DeadLetterEndpointsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly DeviceId Id = DeviceId.Parse("d1");

    [Fact]
    public async Task Resubmit_Changed_IsSentAgainWithItsOriginAndWithoutTheDeadLettersProperties()
    {
        await using var host = await StartAsync("first");
        using var client = host.AdminClient();

        using var answer = await PostAsync(client, "/api/v1/deadletters/1/resubmit", """{"body":{"mended":true},"properties":{"a":"2"},"timeToLive":"PT5M"}""");

        Assert.Equal((HttpStatusCode.Created, "/api/v1/c2d/2"), (answer.StatusCode, answer.Headers.Location!.ToString()));
        var sent = await JsonAsync(answer);
        Assert.Equal(
            ("1", 2, "Enqueued", "first", "{\"mended\":true}", "json", 0),
            (sent.GetProperty("originId").GetString(), sent.GetProperty("attempt").GetInt32(), sent.GetProperty("state").GetString(), sent.GetProperty("messageId").GetString(),
                sent.GetProperty("body").GetRawText(), sent.GetProperty("bodyEncoding").GetString(), sent.GetProperty("deliveryCount").GetInt32()));
        Assert.Equal("""{"a":"2"}""", sent.GetProperty("properties").GetRawText());
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (sent.GetProperty("reason").ValueKind, sent.GetProperty("description").ValueKind));
        var failed = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/1", None);
        Assert.Equal(("2", "Rejected", "bad json"), (failed.GetProperty("resubmittedAs").GetString(), failed.GetProperty("reason").GetString(), failed.GetProperty("description").GetString()));
        Assert.Equal("deadletters.resubmit d1 True", Assert.Single(host.Audit.Records.Select(record => $"{record.Action} {record.Target} {record.Succeeded}")));
    }

    [Fact]
    public async Task Resubmit_WithoutABody_IsSentAsItWas()
    {
        await using var host = await StartAsync("first");
        using var client = host.AdminClient();

        using var answer = await client.PostAsync("/api/v1/deadletters/1/resubmit", null, None);

        Assert.Equal((HttpStatusCode.Created, "first"), (answer.StatusCode, (await JsonAsync(answer)).GetProperty("body").GetString()));
    }

    [Theory]
    [InlineData("1", "{\"bodi\":1}", 400, ErrorCode.IotHubFormatError, "this call knows no such field")]
    [InlineData("1", "{\"timeToLive\":\"soon\"}", 400, ErrorCode.ArgumentInvalid, "ISO 8601")]
    [InlineData("1", "{\"timeToLive\":\"P9D\"}", 403, ErrorCode.InvalidMessageExpiryTime, "at most")]
    [InlineData("1", "{\"properties\":{\"\":\"\"}}", 400, ErrorCode.ArgumentInvalid, "The name of a property")]
    [InlineData("2", "{}", 412, ErrorCode.PreconditionFailed, "The message is no dead letter")]
    [InlineData("3", "{}", 404, ErrorCode.GenericNotFound, "There is no such dead letter")]
    public async Task Resubmit_Bad_IsRefusedInASentenceAndChangesNothing(string id, string request, int status, ErrorCode code, string sentence)
    {
        await using var host = await StartAsync("first");
        using var client = host.AdminClient();
        await host.Get<DeviceBoundQueue>().EnqueueAsync(DeviceBound.Draft(Id), None);

        using var answer = await PostAsync(client, $"/api/v1/deadletters/{id}/resubmit", request);

        var problem = await JsonAsync(answer);
        Assert.Equal((status, (int)code), ((int)answer.StatusCode, problem.GetProperty("errorCode").GetInt32()));
        Assert.Contains(sentence, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d", None)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Resubmit_TwiceOrItsDeviceGone_IsRefused()
    {
        await using var host = await StartAsync("first", "second");
        using var client = host.AdminClient();
        (await client.PostAsync("/api/v1/deadletters/1/resubmit", null, None)).Dispose();
        using var twice = await client.PostAsync("/api/v1/deadletters/1/resubmit", null, None);
        await host.Devices.TryRemoveAsync(Id, "e1", None);
        using var gone = await client.PostAsync("/api/v1/deadletters/2/resubmit", null, None);

        Assert.Equal("The dead letter was sent again before, as message 3.", (await JsonAsync(twice)).GetProperty("detail").GetString());
        Assert.Equal((HttpStatusCode.NotFound, "Its device is not registered any more."), (gone.StatusCode, (await JsonAsync(gone)).GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Purge_ByFilter_DeletesThoseThatMatch()
    {
        await using var host = await StartAsync("first", "second", "third");
        using var client = host.AdminClient();

        using var all = await client.DeleteAsync("/api/v1/deadletters", None);
        using var some = await client.DeleteAsync("/api/v1/deadletters?q=second", None);
        using var one = await client.DeleteAsync("/api/v1/deadletters/1", None);
        using var again = await client.DeleteAsync("/api/v1/deadletters/1", None);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NoContent, HttpStatusCode.NotFound), (all.StatusCode, one.StatusCode, again.StatusCode));
        Assert.Equal("""{"purged":1}""", await some.Content.ReadAsStringAsync(None));
        var left = (await client.GetFromJsonAsync<JsonElement>("/api/v1/deadletters?reason=Rejected&deviceId=d1", None)).GetProperty("items");
        Assert.Equal("third", Assert.Single(left.EnumerateArray()).GetProperty("messageId").GetString());
    }

    /// <summary>A hub with a device that has rejected messages of these ids.</summary>
    private static async Task<ApiHost> StartAsync(params string[] rejected)
    {
        var host = await ApiHost.StartAsync();
        await host.Devices.TryAddAsync(Devices.New(Id.Value), None);
        var queue = host.Get<DeviceBoundQueue>();
        foreach (var messageId in rejected)
        {
            await queue.EnqueueAsync(DeviceBound.Draft(Id, messageId, messageId), None);
            var taken = Assert.Single(await queue.LeaseAsync(Id, "1", 1, null, "here", None));
            await queue.SettleAsync(taken.Entry.Id, DeviceBound.Settlement(SettlementKind.Reject, taken.Entry.Lock!.Token) with { Description = "bad json" }, None);
        }

        return host;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string json) =>
        client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"), None);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync(None));
}
