using System.Globalization;
using System.Text.Json;
using Hub.Server.Streaming;
using Hub.Shared.Devices;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;
using static Hub.Tests.Streaming.LiveViewer;

namespace Hub.Tests.Streaming;

/// <summary>What a viewer of telemetry is sent.</summary>
public sealed class LiveTelemetryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamTelemetry_FromSequenceNumberWhilePublishing_HasNoGapAndNoDuplicate(bool messagePack)
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, messagePack);
        await CommitAsync(host, 0, 300);
        var filter = new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "50" }), MaxPerSecond = 10_000 };

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
    public async Task StreamTelemetry_Next_IsToldAtOnceAndPassesWhatDoesNotMatch(bool messagePack)
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, messagePack);
        await CommitAsync(host, 0, 3);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(Patience);
        await using var batches = connection.StreamAsync<LiveBatch<TelemetryItem>>(
            nameof(ILiveHub.StreamTelemetry), new TelemetryFilter { DeviceIds = [DeviceId.Parse("seen")] }, patience.Token).GetAsyncEnumerator(patience.Token);

        Assert.True(await batches.MoveNextAsync());
        var first = batches.Current;
        await CommitAsync(host, 3, 2);
        await host.CommitAsync(TestMessages.Append("seen", 1, TestMessages.Text("x")));
        while (batches.Current.Items.Count == 0)
            Assert.True(await batches.MoveNextAsync());

        Assert.Empty(first.Items);
        Assert.Equal(("3", "0"), (first.Next["0"], first.Next["1"]));
        Assert.Equal(("5", "1"), (batches.Current.Next["0"], batches.Current.Next["1"]));
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
            From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["1"] = "0" }),
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamTelemetry_OfOnePartition_SendsNoOther(bool messagePack)
    {
        await using var host = await ApiHost.StartAsync();
        await using var connection = await ConnectAsync(host, messagePack);
        await host.CommitAsync(
            TestMessages.Append("a", 0, TestMessages.Text("other")), TestMessages.Append("b", 2, TestMessages.Text("asked for")),
            TestMessages.Append("c", 3, TestMessages.Text("other")));
        var filter = new TelemetryFilter
        {
            Partition = 2,
            From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "0", ["2"] = "0", ["3"] = "0" }),
        };

        var (rows, counts) = await ReadAsync(connection, filter, rows => rows.Count > 0);

        Assert.Equal(("b", 2), (Assert.Single(rows).DeviceId.Value, rows[0].Partition));
        Assert.Equal(1, counts.Received);
    }

    [Fact]
    public void Filter_SaysNoRate_IsAThousandRowsASecond() =>
        Assert.Equal(1_000, LiveFilter.TryCreate(new TelemetryFilter(), 4, out _)!.MaxPerSecond);

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
    public async Task StreamTelemetry_StoredOneByOne_ComesInBatchesAndSaysHowFarBehindItIs()
    {
        await using var host = await ApiHost.StartAsync();
        host.Log.ChunkSize = 1;
        await CommitAsync(host, 0, 1_000);
        await using var connection = await ConnectAsync(host, messagePack: false);
        var filter = new TelemetryFilter { From = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["0"] = "0" }), MaxPerSecond = 400 };

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
        // What has been read and waits to be sent does not count as passed.
        Assert.All(batches.Where(batch => batch.Items.Count > 0), batch => Assert.Equal(batch.Items[^1].SequenceNumber + 1, long.Parse(batch.Next["0"], CultureInfo.InvariantCulture)));
        Assert.True(batches[0].BehindSeconds > 0);
    }
}
