using System.Globalization;
using System.Net;
using System.Text.Json;
using Hub.Server.Security;
using Hub.Server.Streaming;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Streaming;

public sealed class LiveHubTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamTelemetry_FromSequenceNumberWhilePublishing_HasNoGapAndNoDuplicate(bool messagePack)
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, messagePack);
        await CommitAsync(host, 0, 300);
        var filter = new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "49" }), MaxPerSecond = 10_000 };

        var publishing = Task.Run(
            async () =>
            {
                for (var next = 300; next < 2_000; next += 20)
                    await CommitAsync(host, next, 20);
            },
            None);
        var (rows, counts) = await ReadAsync(connection, filter, rows => rows is [.., { SequenceNumber: 1_999 }]);
        await publishing;

        Assert.Equal(Enumerable.Range(50, 1_950).Select(number => (long)number), rows.Select(row => row.SequenceNumber));
        Assert.Equal((1_950, 0, 0), counts);
        Assert.All(rows, row => Assert.Equal(row.SequenceNumber, row.Body.GetProperty("n").GetInt64()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamTelemetry_Filtered_SendsOnlyWhatMatchesWithAllItsParts(bool messagePack)
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, messagePack);
        var filter = new TelemetryFilter
        {
            DeviceIds = [DeviceId.Parse("a"), DeviceId.Parse("b")],
            Q = "WARM",
            Properties = new Dictionary<string, string> { ["room"] = "1" },
            From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["1"] = "-1" }),
        };
        const string body = """{"state":"warm","deep":[1,2.5,null,true,{"x":"ü"}],"big":9007199254740993}""";
        await host.CommitAsync(
            TestMessages.Append("c", 1, TestMessages.Text(body, "application/json", ("room", "1"))),
            TestMessages.Append("a", 1, TestMessages.Text("cold", null, ("room", "1")), TestMessages.Text(body, "application/json", ("room", "1"))));

        var (rows, _) = await ReadAsync(connection, filter, rows => rows.Count > 0);

        var row = Assert.Single(rows);
        Assert.Equal(("a", 2, BodyEncoding.Json), (row.DeviceId.Value, row.SequenceNumber, row.BodyEncoding));
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(body).RootElement, row.Body));
        Assert.Equal("1", row.Properties["room"]);
        Assert.Equal("a", row.SystemProperties[SystemPropertyNames.ConnectionDeviceId]);
    }

    [Fact]
    public async Task StreamTelemetry_MoreThanTheRate_IsSampledAndCounted()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);
        var sent = 0;
        using var enough = new CancellationTokenSource(Patience);
        var publishing = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await CommitAsync(host, sent, 100);
                    sent += 100;
                    await Task.Delay(20, None);
                }
            },
            None);

        var (rows, counts) = await ReadAsync(connection, new TelemetryFilter { MaxPerSecond = 100 }, rows => rows.Count >= 300);
        await enough.CancelAsync();
        await publishing.WaitAsync(Patience, None);

        Assert.Equal(counts.Received, rows.Count + counts.Sampled);
        Assert.Equal(0, counts.Dropped);
        Assert.True(counts.Sampled > rows.Count, $"{counts.Sampled} were sampled away.");
        Assert.Equal(rows.Select(row => row.SequenceNumber).Order(), rows.Select(row => row.SequenceNumber));
    }

    [Fact]
    public async Task Stream_ViewerThatDoesNotRead_CostsAQueueAndLearnsWhatItMissed()
    {
        await using var host = await ApiHost.StartAsync();
        var filter = LiveFilter.TryCreate(new TelemetryFilter(), 4, out _);
        var stream = new TelemetryStream(host.Feed, host.Log, filter!, TimeProvider.System, host.Get<LiveMetrics>());
        await using var batches = stream.ReadAsync(None).GetAsyncEnumerator(None);
        var first = batches.MoveNextAsync();
        await CommitAsync(host, 0, 1);
        Assert.True(await first.AsTask().WaitAsync(Patience, None));
        var received = batches.Current.Received;

        // The viewer stands still while far more than its queue comes in.
        for (var next = 1; next < 120_001; next += 20_000)
            await CommitAsync(host, next, 20_000);
        var (shown, sampled, dropped) = ((long)batches.Current.Items.Count, 0L, 0L);
        var began = TimeProvider.System.GetTimestamp();
        while (received + dropped < 120_001)
        {
            Assert.True(await batches.MoveNextAsync().AsTask().WaitAsync(Patience, None));
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"Of 120,001 only {received} came and {dropped} were counted as dropped.");
            received += batches.Current.Received;
            shown += batches.Current.Items.Count;
            sampled += batches.Current.Sampled;
            dropped += batches.Current.Dropped;
        }

        Assert.Equal((120_001, received), (received + dropped, shown + sampled));
        Assert.InRange(received, 1, 50_001);
    }

    [Fact]
    public async Task StreamTelemetry_ViewerLeaves_EndsItsSubscription()
    {
        await using var host = await ApiHost.StartAsync();
        await using (var connection = await ConnectAsync(host, false))
        {
            await host.CommitAsync(TestMessages.Append("d1", 0, TestMessages.Text("x")));
            await ReadAsync(
                connection, new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "-1" }) }, rows => rows.Count > 0);
        }

        await Eventually.TrueAsync(() => host.Feed.SubscriberCount == 0);
    }

    [Theory]
    [InlineData("""{"maxPerSecond":0}""", "maxPerSecond")]
    [InlineData("""{"maxPerSecond":10001}""", "maxPerSecond")]
    [InlineData("""{"partition":4}""", "partition")]
    [InlineData("""{"from":"yesterday"}""", "from")]
    [InlineData("""{"from":{"7":"1"}}""", "from")]
    [InlineData("""{"from":{"0":"-2"}}""", "from")]
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
    public async Task StreamTelemetry_LogFails_IsLoggedOnceAsAnErrorAndToldWithoutItsWords()
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, false);
        await CommitAsync(host, 0, 1);
        host.Log.BeforeChunk = () => throw new InvalidOperationException("The inner ways of the log.");
        var filter = new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "-1" }) };

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

    private static Task CommitAsync(ApiHost host, int from, int count) => host.CommitAsync(TestMessages.Append(
        "d1", 0,
        [.. Enumerable.Range(from, count).Select(number =>
            TestMessages.Text(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{number}}}"), "application/json"))]));

    [Fact]
    public async Task StreamTelemetry_StoredOneByOne_ComesInBatchesAndSaysHowFarBehindItIs()
    {
        await using var host = await ApiHost.StartAsync();
        host.Log.ChunkSize = 1;
        await CommitAsync(host, 0, 1_000);
        await using var connection = await ConnectAsync(host, messagePack: false);
        var filter = new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "-1" }), MaxPerSecond = 400 };

        var batches = new List<LiveBatch<TelemetryItem>>();
        await foreach (var batch in connection.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), filter, None))
        {
            batches.Add(batch);
            if (batch.BehindSeconds == 0)
                break;
        }

        Assert.Equal(Enumerable.Range(0, 1_000).Select(number => (long)number), batches.SelectMany(batch => batch.Items).Select(row => row.SequenceNumber));
        // One message a batch would be a thousand; paced at 400 a second in tenths it is some thirty.
        Assert.InRange(batches.Count, 3, 60);
        Assert.True(batches[0].BehindSeconds > 0);
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

    private static async Task<HubConnection> ConnectAsync(ApiHost host, bool messagePack)
    {
        var connection = Build(host, messagePack);
        await connection.StartAsync(None);
        return connection;
    }

    private static HubConnection Build(ApiHost host, bool messagePack)
    {
        var builder = new HubConnectionBuilder().WithUrl(
            new Uri(host.Address, ApiRoutes.LiveHub), options => options.Headers[ApiHost.RightsHeader] = AccessPolicies.ServiceConnect);
        if (messagePack)
            builder.AddMessagePackProtocol(options => options.SerializerOptions = StreamingRegistration.MessagePackOptions());
        return builder.Build();
    }

    private static async Task<(List<TelemetryItem> Rows, (long Received, long Dropped, long Sampled) Counts)> ReadAsync(
        HubConnection connection, object filter, Func<List<TelemetryItem>, bool> enough)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(Patience);
        var rows = new List<TelemetryItem>();
        (long Received, long Dropped, long Sampled) counts = default;
        await foreach (var batch in connection.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), filter, patience.Token))
        {
            rows.AddRange(batch.Items);
            counts = (counts.Received + batch.Received, counts.Dropped + batch.Dropped, counts.Sampled + batch.Sampled);
            if (enough(rows))
                break;
        }

        return (rows, counts);
    }
}
