using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Xunit;
using static Hub.Tests.Support.Answers;

namespace Hub.Tests.Application;

/// <summary>What was sent, read by pages.</summary>
public sealed class TelemetryPagesTests : TelemetryWays
{
    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task Pages_WalkedToTheEnd_HoldEveryMessageOnce(string order)
    {
        await SendAllAsync();

        var walked = await WalkAsync($"order={order}&limit=37");

        Assert.Equal(
            Ids.SelectMany(id => Enumerable.Range(0, PerDevice).Select(n => (id, n))).Order(),
            walked.Select(item => (item.DeviceId.Value, NumberOf(item))).Order());
        foreach (var id in Ids)
        {
            // P-2: the order of each device is kept.
            var numbers = walked.Where(item => item.DeviceId.Value == id).Select(NumberOf).ToArray();
            Assert.Equal(order == "asc" ? numbers.Order() : numbers.OrderDescending(), numbers);
        }

        foreach (var partition in walked.GroupBy(item => item.Partition))
        {
            var numbers = partition.Select(item => item.SequenceNumber).Order().ToArray();
            Assert.Equal(Enumerable.Range(0, numbers.Length).Select(n => (long)n), numbers);
        }
    }

    [Fact]
    public async Task Pages_Filtered_HoldWhatMatches()
    {
        await SendAllAsync();
        var all = await WalkAsync("limit=1000");
        var middle = all[all.Count / 2];

        var byDevice = await WalkAsync("deviceId=by-batch&limit=7");
        var byText = await WalkAsync("q=%22n%22:17%7D&limit=2");
        var byProperty = await WalkAsync("q=KITCHEN&limit=50");
        var byPartition = await WalkAsync($"partition={middle.Partition}&after={middle.SequenceNumber}&limit=5");
        var from = Uri.EscapeDataString(middle.EnqueuedTime.ToString("O", CultureInfo.InvariantCulture));
        var since = await WalkAsync($"from={from}&limit=11");
        var before = await WalkAsync($"to={from}&order=desc&limit=11");

        Assert.Equal(Keys(all.Where(item => item.DeviceId.Value == "by-batch")), Keys(byDevice));
        Assert.Equal(Ids.Order(), byText.Select(item => item.DeviceId.Value).Order());
        Assert.All(byText, item => Assert.Equal(17, NumberOf(item)));
        Assert.Equal(Keys(all.Where(item => item.Properties.ContainsKey("room"))), Keys(byProperty));
        Assert.Equal(Keys(all.Where(item => item.Partition == middle.Partition && item.SequenceNumber > middle.SequenceNumber)), Keys(byPartition));
        Assert.Equal(Keys(all.Where(item => item.EnqueuedTime >= middle.EnqueuedTime)), Keys(since));
        Assert.Equal(Keys(all.Where(item => item.EnqueuedTime < middle.EnqueuedTime)), Keys(before));
    }

    /// <summary>H11.</summary>
    [Fact]
    public async Task Pages_AskedForNonsense_AreRefused()
    {
        await PostAsync(await Running.AddDeviceAsync("by-http"), 0, 3);
        using var client = Running.CreateClientOf("service");
        var cursor = Uri.EscapeDataString((await client.GetFromJsonAsync<Page<TelemetryItem>>($"{ApiRoutes.Telemetry}?limit=1", None))!.NextCursor!);
        foreach (var query in new[]
        {
            "limit=-1", "limit=0", "limit=1001", "cursor=tampered", $"cursor={cursor}x", $"deviceId=by-http&cursor={cursor}", "after=3", "partition=4",
            "order=sideways", "from=yesterday", "nonsense=1",
        })
        {
            using var answer = await client.GetAsync($"{ApiRoutes.Telemetry}?{query}", None);
            var problem = await JsonAsync(answer);

            Assert.Equal((query, HttpStatusCode.BadRequest, 400004), (query, answer.StatusCode, problem.GetProperty("errorCode").GetInt32()));
        }
    }
}
