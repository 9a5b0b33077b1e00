using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Live;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;
using static Hub.Tests.Streaming.LiveViewer;

namespace Hub.Tests.Streaming;

/// <summary>What a viewer sees of messages to devices.</summary>
public sealed class LiveMessagesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamMessages_OneOnItsWay_ShowsEachTransition(bool messagePack)
    {
        await using var host = await StartAsync();
        await using var connection = await ConnectAsync(host, messagePack);
        await using var stream = Stream(connection, new TelemetryFilter { DeviceIds = [DeviceId.Parse("d1")] });
        Assert.True(await stream.MoveNextAsync());
        Assert.Empty(stream.Current.Items);

        await EnqueueAsync(host, "d2", "other");
        await EnqueueAsync(host, "d1", "mine");
        var queue = host.Get<DeviceBoundQueue>();
        var taken = Assert.Single(await queue.LeaseAsync(DeviceId.Parse("d1"), "1", 1, null, "here", Token));
        await queue.SettleAsync(taken.Entry.Id, DeviceBound.Settlement(SettlementKind.Complete, taken.Entry.Lock!.Token), Token);

        var (changes, batches) = await CollectAsync(stream, 3);
        Assert.Equal(
            [(2L, DeviceBoundState.Enqueued), (2L, DeviceBoundState.Invisible), (2L, DeviceBoundState.Completed)], changes.Select(change => (change.Id, change.State)));
        Assert.Equal(DeviceBoundEvent.Completed, changes[2].Events[^1].Event);
        Assert.Equal((3, 0, 0), (batches.Sum(batch => batch.Received), batches.Sum(batch => batch.Dropped), batches.Sum(batch => batch.Sampled)));
    }

    [Fact]
    public async Task StreamMessages_ByTextOrProperty_ShowsThoseThatHaveIt()
    {
        await using var host = await StartAsync();
        await using var connection = await ConnectAsync(host, false);
        await using var stream = Stream(connection, new TelemetryFilter { Q = "RESTART" });
        Assert.True(await stream.MoveNextAsync());

        await EnqueueAsync(host, "d1", "stop");
        await EnqueueAsync(host, "d1", "please restart");

        Assert.Equal(2, Assert.Single((await CollectAsync(stream, 1)).Changes).Id);
    }

    [Theory]
    [InlineData("""{"partition":1}""")]
    [InlineData("""{"from":{"0":"1"}}""")]
    public async Task StreamMessages_WithAPlaceInTheLog_IsToldInASentence(string filter)
    {
        await using var host = await StartAsync();
        await using var connection = await ConnectAsync(host, false);

        var exception = await Assert.ThrowsAsync<HubException>(async () =>
        {
            await foreach (var batch in connection.StreamAsync<LiveBatch<DeviceBoundChange>>(nameof(ILiveHub.StreamMessages), JsonElement.Parse(filter), Token))
                Assert.Fail($"{batch.Items.Count} rows came.");
        });

        Assert.Contains("leave partition and from out", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        await host.Devices.TryAddAsync(Devices.New("d1"), Token);
        await host.Devices.TryAddAsync(Devices.New("d2"), Token);
        return host;
    }

    private static async Task EnqueueAsync(ApiHost host, string device, string body) => Assert.IsType<EnqueueResult.Enqueued>(
        await host.Get<DeviceBoundQueue>().EnqueueAsync(DeviceBound.Draft(DeviceId.Parse(device), body), Token));

    private static IAsyncEnumerator<LiveBatch<DeviceBoundChange>> Stream(HubConnection connection, TelemetryFilter filter) =>
        connection.StreamAsync<LiveBatch<DeviceBoundChange>>(nameof(ILiveHub.StreamMessages), filter, Token).GetAsyncEnumerator(Token);

    private static async Task<(List<DeviceBoundChange> Changes, List<LiveBatch<DeviceBoundChange>> Batches)> CollectAsync(
        IAsyncEnumerator<LiveBatch<DeviceBoundChange>> stream, int count)
    {
        var (changes, batches) = (new List<DeviceBoundChange>(), new List<LiveBatch<DeviceBoundChange>>());
        while (changes.Count < count && await stream.MoveNextAsync())
        {
            batches.Add(stream.Current);
            changes.AddRange(stream.Current.Items);
        }

        return (changes, batches);
    }
}
