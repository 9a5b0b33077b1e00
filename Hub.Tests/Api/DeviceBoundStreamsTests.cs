using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

public sealed class DeviceBoundStreamsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stream_MessageOnItsWay_TellsEveryTransitionInOrder()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        await using var events = await ReadAsync(client, "/api/v1/c2d/stream?deviceId=d1");

        await SendAsync(host, "d2", FeedbackAck.Full);
        await SendAsync(host, "d1", FeedbackAck.None);
        await RejectAsync(host, "d1");

        var changes = new List<JsonElement>();
        while (changes.Count < 3)
            changes.Add(await NextAsync(events));
        Assert.Equal(
            ["d1 Enqueued Enqueued", "d1 Invisible Leased", "d1 DeadLettered Rejected"],
            changes.Select(change => $"{change.GetProperty("deviceId")} {change.GetProperty("state")} {change.GetProperty("events")[0].GetProperty("event")}"));
        Assert.Equal(("2", "Rejected", "no"), (
            changes[2].GetProperty("id").GetString(), changes[2].GetProperty("reason").GetString(), changes[2].GetProperty("description").GetString()));
    }

    [Fact]
    public async Task FeedbackStream_OutcomeThatWasAskedFor_ComesAtOnceAndNoOther()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        await using var events = await ReadAsync(client, "/api/v1/feedback/stream");

        await SendAsync(host, "d1", FeedbackAck.Positive);
        await RejectAsync(host, "d1");
        await SendAsync(host, "d1", FeedbackAck.Negative);
        await RejectAsync(host, "d1");

        var feedback = await NextAsync(events);
        Assert.Equal(("2", "m-Negative", "d1", "1", "Rejected", "no"), (
            feedback.GetProperty("id").GetString(), feedback.GetProperty("originalMessageId").GetString(), feedback.GetProperty("deviceId").GetString(),
            feedback.GetProperty("deviceGenerationId").GetString(), feedback.GetProperty("outcome").GetString(), feedback.GetProperty("description").GetString()));
    }

    [Fact]
    public async Task Stream_UnknownParameterOrWithoutTheRight_IsRefused()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();
        using var other = host.Client("RegistryRead");

        using var bad = await client.GetAsync("/api/v1/c2d/stream?device=d1", None);
        using var forbidden = await other.GetAsync("/api/v1/feedback/stream", None);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Forbidden), (bad.StatusCode, forbidden.StatusCode));
    }

    private static async Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        await host.Devices.TryAddAsync(Devices.New("d1"), None);
        await host.Devices.TryAddAsync(Devices.New("d2"), None);
        return host;
    }

    private static async Task SendAsync(ApiHost host, string device, FeedbackAck ack) => Assert.IsType<EnqueueResult.Enqueued>(
        await host.Get<DeviceBoundQueue>().EnqueueAsync(DeviceBound.Draft(DeviceId.Parse(device), messageId: $"m-{ack}", ack: ack), None));

    private static async Task RejectAsync(ApiHost host, string device)
    {
        var queue = host.Get<DeviceBoundQueue>();
        var taken = Assert.Single(await queue.LeaseAsync(DeviceId.Parse(device), "1", 1, null, "here", None));
        await queue.SettleAsync(taken.Entry.Id, DeviceBound.Settlement(SettlementKind.Reject, taken.Entry.Lock!.Token) with { Description = "no" }, None);
    }

    /// <summary>On return the hub has said that it is heard from here on.</summary>
    private static async Task<IAsyncEnumerator<SseItem<string>>> ReadAsync(HttpClient client, string path)
    {
        var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, None);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        return SseParser.Create(await answer.Content.ReadAsStreamAsync(None)).EnumerateAsync(None).GetAsyncEnumerator(None);
    }

    private static async Task<JsonElement> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), None));
        return JsonElement.Parse(events.Current.Data);
    }
}
