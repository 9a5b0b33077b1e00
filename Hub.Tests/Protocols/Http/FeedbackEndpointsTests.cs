using System.Net;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;

namespace Hub.Tests.Protocols.Http;

/// <summary>A service fetches feedback over HTTPS in batches (wire contract, sections 2.8 and 5.2). Here a batch waits for no company.</summary>
public sealed class FeedbackEndpointsTests : TelemetryCalls
{
    private const string Path = "/messages/serviceBound/feedback";
    private const string Version = "?api-version=2021-04-12";

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Receive_OutcomesOfAllKinds_ComeAsTheContractWritesThem()
    {
        var device = await Server.AddDeviceAsync("d1");
        await EndAsync(device, "done", (queue, taken) => queue.SettleAsync(taken.Entry.Id, Settle(SettlementKind.Complete, taken), None).AsTask());
        await EndAsync(device, "bad", (queue, taken) => queue.SettleAsync(taken.Entry.Id, Settle(SettlementKind.Reject, taken) with { Description = "bad json" }, None).AsTask());
        await EndAsync(device, "gone", (queue, _) => queue.PurgeAsync(device.Id, "me", None).AsTask());
        await EndAsync(device, "never", async (queue, taken) =>
        {
            await queue.CancelAsync(taken.Entry.Id, "me", None);
            await queue.SettleAsync(taken.Entry.Id, Settle(SettlementKind.Abandon, taken), None);
        });

        using var answer = await SendAsync(HttpMethod.Get, "");

        Assert.Equal((HttpStatusCode.OK, "application/vnd.microsoft.iothub.feedback.json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var records = await JsonAsync(answer);
        Assert.Equal(
            ["done Success Success", "bad Rejected bad json", "gone Purged Purged", "never Purged cancelled"],
            records.EnumerateArray().Select(record => $"{Text(record, "originalMessageId")} {Text(record, "statusCode")} {Text(record, "description")}"));
        Assert.Equal(("d1", device.GenerationId), (Text(records[0], "deviceId"), Text(records[0], "deviceGenerationId")));
        Assert.True(records[0].GetProperty("enqueuedTimeUtc").TryGetDateTimeOffset(out _));
    }

    [Fact]
    public async Task Settle_CompleteAndAbandon_EndTheLockSo()
    {
        var device = await Server.AddDeviceAsync("d1");
        await EndAsync(device, "done", (queue, taken) => queue.SettleAsync(taken.Entry.Id, Settle(SettlementKind.Complete, taken), None).AsTask());

        using var first = await SendAsync(HttpMethod.Get, "");
        using var none = await SendAsync(HttpMethod.Get, "");
        using var abandoned = await SendAsync(HttpMethod.Post, $"/{TokenOf(first)}/abandon");
        using var second = await SendAsync(HttpMethod.Get, "");
        using var stale = await SendAsync(HttpMethod.Delete, $"/{TokenOf(first)}");
        using var completed = await SendAsync(HttpMethod.Delete, $"/{TokenOf(second)}");
        using var nonsense = await SendAsync(HttpMethod.Delete, "/nonsense");
        using var empty = await SendAsync(HttpMethod.Get, "");

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.NoContent, HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.NoContent],
            new[] { first, none, abandoned, second, completed, empty }.Select(answer => answer.StatusCode));
        Assert.All([stale, nonsense], answer => Assert.Equal((HttpStatusCode.PreconditionFailed, "DeviceMessageLockLost"), (answer.StatusCode, Code(answer))));
    }

    [Fact]
    public async Task Receive_ByADeviceOrNobody_IsRefused()
    {
        var device = await Server.AddDeviceAsync("d1");
        foreach (var token in new[] { ContractServer.TokenOf(device), Server.TokenOfPolicy("registryRead"), null })
        {
            using var answer = await Server.SendAsync(HttpMethod.Get, Path + Version, token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string rest) => Server.SendAsync(method, Path + rest + Version, Server.TokenOfPolicy("service"));

    private static string TokenOf(HttpResponseMessage answer) => answer.Headers.ETag!.Tag.Trim('"');

    private static Settlement Settle(SettlementKind kind, DeviceBoundMessage taken) => DeviceBound.Settlement(kind, taken.Entry.Lock!.Token);

    private async Task EndAsync(Device device, string messageId, Func<DeviceBoundQueue, DeviceBoundMessage, Task> end)
    {
        var queue = Server.Get<DeviceBoundQueue>();
        // Its records come with the outcomes from here on.
        _ = Server.Get<IFeedbackStore>();
        Assert.IsType<EnqueueResult.Enqueued>(await queue.EnqueueAsync(DeviceBound.Draft(device.Id, messageId: messageId, ack: FeedbackAck.Full), None));
        await end(queue, Assert.Single(await queue.LeaseAsync(device.Id, device.GenerationId, 1, null, "here", None)));
    }
}
