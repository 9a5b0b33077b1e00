using System.Net;
using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Security;
using Hub.Server.Streaming;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;
using static Hub.Tests.Streaming.LiveViewer;

namespace Hub.Tests.Streaming;

/// <summary>How viewers come, are refused and leave.</summary>
public sealed class LiveHubTests
{
    [Fact]
    public async Task StreamTelemetry_ViewerLeaves_EndsItsSubscription()
    {
        await using var host = await ApiHost.StartAsync();
        await using (var connection = await ConnectAsync(host, false))
        {
            await host.CommitAsync(TestMessages.Append("d1", 0, TestMessages.Text("x")));
            await ReadAsync(
                connection, new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "0" }) }, rows => rows.Count > 0);
        }

        await Eventually.TrueAsync(() => host.Feed.SubscriberCount == 0);
    }

    [Theory]
    [InlineData("""{"maxPerSecond":0}""", "maxPerSecond")]
    [InlineData("""{"maxPerSecond":10001}""", "maxPerSecond")]
    [InlineData("""{"partition":4}""", "partition")]
    [InlineData("""{"from":"yesterday"}""", "from")]
    [InlineData("""{"from":{"7":"1"}}""", "from")]
    [InlineData("""{"from":{"0":"-1"}}""", "from")]
    public async Task StreamTelemetry_BadFilter_IsToldInASentence(string filter, string hint)
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);

        var exception = await Assert.ThrowsAsync<HubException>(
            () => ReadAsync(connection, JsonDocument.Parse(filter).RootElement, _ => true));

        Assert.Contains(hint, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Logged.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Streams_AsManyAsTheHubServes_TheNextIsRefusedInASentenceWhateverItsWay()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);
        using var client = host.Client(AccessPolicies.ServiceConnect);
        List<FeedSubscription> others = [.. Enumerable.Range(0, MessageFeed.MaxSubscribers).Select(_ => host.Feed.Subscribe(1))];

        var exception = await Assert.ThrowsAsync<HubException>(() => ReadAsync(connection, new TelemetryFilter(), _ => true));
        using (var answer = await client.GetAsync(ApiRoutes.TelemetryStream, None))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("1000 streams at a time", await answer.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
        }

        Assert.Contains("1000 streams at a time", exception.Message, StringComparison.Ordinal);
        others[0].Dispose();
        using var taken = await client.GetAsync(ApiRoutes.TelemetryStream, HttpCompletionOption.ResponseHeadersRead, None);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task StreamTelemetry_LogFails_IsLoggedOnceAsAnErrorAndToldWithoutItsWords()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);
        await CommitAsync(host, 0, 1);
        host.Log.BeforeChunk = () => throw new InvalidOperationException("The inner ways of the log.");
        var filter = new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "0" }) };

        var exception = await Assert.ThrowsAsync<HubException>(() => ReadAsync(connection, filter, _ => true));

        Assert.DoesNotContain("inner ways", exception.Message, StringComparison.Ordinal);
        var line = Assert.Single(host.Logged.Lines, line => line.Level >= LogLevel.Error);
        Assert.Equal((typeof(FailedCalls).FullName, true), (line.Category, line.Text.Contains("inner ways", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task StreamTelemetry_TooManyStreams_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);
        using var done = new CancellationTokenSource();
        for (var i = 0; i < LiveHub.MaxStreams; i++)
            await connection.StreamAsChannelAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), new TelemetryFilter(), done.Token);
        await Eventually.TrueAsync(() => host.Feed.SubscriberCount == LiveHub.MaxStreams);

        await Assert.ThrowsAsync<HubException>(() => ReadAsync(connection, new TelemetryFilter(), _ => true));
        Assert.DoesNotContain(host.Logged.Lines, line => line.Level >= LogLevel.Warning);
        await done.CancelAsync();
    }

    [Fact]
    public async Task WatchOverview_Watched_ComesEverySecond()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, true);
        var came = new TaskCompletionSource<Overview>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var handler = connection.On<Overview>(nameof(ILiveClient.OverviewChanged), overview => came.TrySetResult(overview));

        await connection.InvokeAsync(nameof(ILiveHub.WatchOverview), true, None);
        var overview = await came.Task.WaitAsync(Patience, None);

        Assert.Equal(4, overview.Partitions.Count);
        Assert.Equal(300, overview.MessageRates.Count);
        await connection.InvokeAsync(nameof(ILiveHub.WatchOverview), false, None);
        Assert.False(host.Get<OverviewWatchers>().Any);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("own", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    public async Task Negotiate_Origin_HasToBeTheHubsOwn(string origin, HttpStatusCode status)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        if (origin.Length > 0)
            client.DefaultRequestHeaders.Add("Origin", origin == "own" ? host.Address.GetLeftPart(UriPartial.Authority) : origin);

        using var answer = await client.PostAsync($"{ApiRoutes.LiveHub}/negotiate?negotiateVersion=1", null, None);

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Invoke_LargerThanTheLimit_ClosesTheConnection()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };

        await connection.SendAsync(nameof(ILiveHub.StreamTelemetry), new TelemetryFilter { Q = new string('x', 64 * 1024) }, None);

        await closed.Task.WaitAsync(Patience, None);
    }

    [Fact]
    public async Task Connect_WhileTheHubStops_IsClosedAtOnceSoThatTheStopNeedNotWait()
    {
        await using var host = await ApiHost.StartAsync();
        host.Get<IHostApplicationLifetime>().StopApplication();
        var closed = new TaskCompletionSource();
        await using var connection = Build(host, messagePack: false);
        connection.Closed += _ =>
        {
            closed.SetResult();
            return Task.CompletedTask;
        };

        await connection.StartAsync(None);

        await closed.Task.WaitAsync(Patience, None);
    }
}
