using System.Collections.Immutable;
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

public sealed class BatchEndpointsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_ToDevicesById_GivesProgressAndAnOutcomeOfEach()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        using var answer = await PostAsync(client, ApiRoutes.SendBatch, """{"deviceIds":["d1","unknown","d2","d1"],"message":{"body":{"a":1},"ack":"full"}}""");

        Assert.Equal((HttpStatusCode.Accepted, ApiRoutes.Batch(1)), (answer.StatusCode, answer.Headers.Location!.ToString()));
        var batch = await FinishedAsync(client, 1);
        Assert.Equal(("Send", "3 devices", 3, 3, 1), (batch.GetProperty("kind").GetString(), batch.GetProperty("target").GetString(), batch.GetProperty("total").GetInt32(), batch.GetProperty("done").GetInt32(), batch.GetProperty("refused").GetInt32()));
        Assert.Equal(2, batch.GetProperty("states").GetProperty("Enqueued").GetInt32());
        var items = await client.GetFromJsonAsync<JsonElement>(ApiRoutes.BatchItems(1) + "?refused=true", Token);
        Assert.Equal("There is no device unknown.", Assert.Single(items.GetProperty("items").EnumerateArray()).GetProperty("refusal").GetString());
        var sent = await client.GetFromJsonAsync<JsonElement>("/api/v1/devices/d2/c2d", Token);
        Assert.Equal((1, 50, "{\"a\":1}", "full"), (
            sent.GetProperty("items").GetArrayLength(), sent.GetProperty("maxDepth").GetInt32(), sent.GetProperty("items")[0].GetProperty("body").GetRawText(), sent.GetProperty("items")[0].GetProperty("ack").GetString()));
        Assert.Contains(host.Audit.Records, record => record is { Action: "c2d.send", Succeeded: true, Detail: "batch 1: 3 devices" });
    }

    [Fact]
    public async Task Send_ByTag_SendsToThoseThatBearIt()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        await host.Devices.TryAddAsync(Devices.New("d3") with { Tags = ImmutableSortedDictionary<string, string>.Empty.Add("site", "oslo") }, Token);

        using var answer = await PostAsync(client, ApiRoutes.SendBatch, """{"tag":"site=oslo","message":{"body":"hello"}}""");

        Assert.Equal(("devices with tag site=oslo", 1), (await FinishedAsync(client, 1)) is var batch ? (batch.GetProperty("target").GetString(), batch.GetProperty("total").GetInt32()) : default);
        Assert.Equal("d3", (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d", Token)).GetProperty("items")[0].GetProperty("deviceId").GetString());
    }

    [Theory]
    [InlineData(ApiRoutes.SendBatch, """{"message":{"body":"b"}}""", 400, ErrorCode.ArgumentInvalid, "by deviceIds or by tag")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":["d1"],"tag":"a","message":{"body":"b"}}""", 400, ErrorCode.ArgumentInvalid, "not both")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":[],"message":{"body":"b"}}""", 400, ErrorCode.ArgumentInvalid, "1 to 10,000")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":["a b"],"message":{"body":"b"}}""", 400, ErrorCode.ArgumentInvalid, "is no device id")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":[null],"message":{"body":"b"}}""", 400, ErrorCode.ArgumentInvalid, "is no device id")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":["d1"],"message":null}""", 400, ErrorCode.ArgumentInvalid, "message is missing")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":["d1"]}""", 400, ErrorCode.ArgumentInvalid, "message is missing")]
    [InlineData(ApiRoutes.SendBatch, """{"deviceIds":["d1"],"message":{"body":"b","timeToLive":"P9D"}}""", 403, ErrorCode.InvalidMessageExpiryTime, "at most")]
    [InlineData(ApiRoutes.CancelBatch, "{}", 400, ErrorCode.ArgumentInvalid, "not both")]
    [InlineData(ApiRoutes.CancelBatch, """{"deviceId":"d1","hold":"PT5M"}""", 400, ErrorCode.ArgumentInvalid, "at most a minute")]
    [InlineData(ApiRoutes.CancelBatch, """{"deviceId":"unknown"}""", 404, ErrorCode.DeviceNotFound, "There is no device unknown.")]
    [InlineData(ApiRoutes.CancelBatch, """{"ids":["4711"]}""", 404, ErrorCode.GenericNotFound, "There is no message 4711")]
    [InlineData(ApiRoutes.CancelBatch, """{"ids":["x"]}""", 400, ErrorCode.ArgumentInvalid, "is no id")]
    [InlineData(ApiRoutes.PurgeDeadLetters, """{"filter":{},"timeToLive":"PT1H"}""", 400, ErrorCode.ArgumentInvalid, "no time to live")]
    [InlineData(ApiRoutes.PurgeDeadLetters, """{"filter":{"limit":3}}""", 400, ErrorCode.ArgumentInvalid, "no limit")]
    [InlineData(ApiRoutes.ResubmitDeadLetters, """{"filter":{"reasen":"Rejected"}}""", 400, ErrorCode.IotHubFormatError, "no such field")]
    [InlineData(ApiRoutes.ResubmitDeadLetters, """{"ids":["1"],"timeToLive":"soon"}""", 400, ErrorCode.ArgumentInvalid, "ISO 8601")]
    public async Task Begin_Bad_IsRefusedInASentenceAndBeginsNothing(string path, string body, int status, ErrorCode code, string sentence)
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        using var answer = await PostAsync(client, path, body);

        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal((status, (int)code), ((int)answer.StatusCode, problem.GetProperty("errorCode").GetInt32()));
        Assert.Contains(sentence, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty((await client.GetFromJsonAsync<JsonElement>(ApiRoutes.Batches, Token)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Purge_HeldAndUndone_LeavesTheQueueAsItWas()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        await host.Get<DeviceBoundQueue>().EnqueueAsync(DeviceBound.Draft(DeviceId.Parse("d1"), "kept"), Token);

        using var asked = await PostAsync(client, ApiRoutes.CancelBatch, """{"deviceId":"d1","hold":"PT1M"}""");
        var batch = await asked.Content.ReadFromJsonAsync<JsonElement>(Token);
        var held = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/1", Token);
        using var undone = await client.PostAsync(ApiRoutes.StopBatch(1), null, Token);

        Assert.Equal(("Held", "Purge", 1, "the queue of d1"), (batch.GetProperty("state").GetString(), batch.GetProperty("kind").GetString(), batch.GetProperty("total").GetInt32(), batch.GetProperty("target").GetString()));
        Assert.Equal(("1", "Enqueued"), (held.GetProperty("heldBy").GetString(), held.GetProperty("state").GetString()));
        Assert.Equal((HttpStatusCode.OK, "Stopped"), (undone.StatusCode, (await undone.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("state").GetString()));
        var kept = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/1", Token);
        Assert.Equal((JsonValueKind.Null, "Enqueued"), (kept.GetProperty("heldBy").ValueKind, kept.GetProperty("state").GetString()));
        Assert.Contains(host.Audit.Records, record => record is { Action: "batch.stop", Succeeded: true });
    }

    [Fact]
    public async Task Cancel_ById_EndsThoseOnly()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        for (var i = 0; i < 3; i++)
            await host.Get<DeviceBoundQueue>().EnqueueAsync(DeviceBound.Draft(DeviceId.Parse("d1"), $"{i}"), Token);

        using var asked = await PostAsync(client, ApiRoutes.CancelBatch, """{"ids":["2"]}""");

        Assert.Equal(0, (await FinishedAsync(client, 1)).GetProperty("refused").GetInt32());
        var queue = await client.GetFromJsonAsync<JsonElement>("/api/v1/devices/d1/c2d", Token);
        Assert.Equal(["1", "3"], queue.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Equal("Cancelled", (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/2", Token)).GetProperty("outcome").GetString());
        using var late = await client.PostAsync(ApiRoutes.StopBatch(1), null, Token);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
    }

    [Fact]
    public async Task Resubmit_AllOfAReason_SendsAgainThoseThatWereThere()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        var queue = host.Get<DeviceBoundQueue>();
        for (var i = 0; i < 3; i++)
        {
            await queue.EnqueueAsync(DeviceBound.Draft(DeviceId.Parse("d1"), $"{i}"), Token);
            var taken = Assert.Single(await queue.LeaseAsync(DeviceId.Parse("d1"), "1", 1, null, "there", Token));
            await queue.SettleAsync(taken.Entry.Id, DeviceBound.Settlement(i == 1 ? SettlementKind.Complete : SettlementKind.Reject, taken.Entry.Lock!.Token), Token);
        }

        using var asked = await PostAsync(client, ApiRoutes.ResubmitDeadLetters, """{"filter":{"reason":"Rejected","resubmitted":false},"timeToLive":"PT2H"}""");

        var batch = await FinishedAsync(client, 1);
        Assert.Equal(("dead letters, Rejected, that were not sent again", 2, 0), (batch.GetProperty("target").GetString(), batch.GetProperty("total").GetInt32(), batch.GetProperty("refused").GetInt32()));
        var again = await client.GetFromJsonAsync<JsonElement>("/api/v1/devices/d1/c2d", Token);
        Assert.Equal(["2", "2"], again.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("attempt").GetRawText()));
        Assert.Equal(0, (await client.GetFromJsonAsync<JsonElement>(ApiRoutes.DeadLetterCount + "?resubmitted=false", Token)).GetProperty("count").GetInt32());
    }

    private static async Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        foreach (var id in new[] { "d1", "d2" })
            await host.Devices.TryAddAsync(Devices.New(id), Token);
        return host;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body) =>
        client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Token);

    private static async Task<JsonElement> FinishedAsync(HttpClient client, long id)
    {
        JsonElement batch = default;
        await Eventually.TrueAsync(async () => (batch = await client.GetFromJsonAsync<JsonElement>(ApiRoutes.Batch(id), Token)).GetProperty("state").GetString() == "Finished");
        return batch;
    }
}
