using System.Globalization;
using System.Text.Json;
using Hub.Server.Storage;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

public sealed class SqliteMessageLogTests : MessageLogCompliance, IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FakeTimeProvider _time = new(LogSamples.Start);
    private readonly List<SqliteMessageLog> _logs = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string LogPath => Path.Combine(_folder.Path, "log");

    public void Dispose()
    {
        foreach (var log in _logs)
            log.Dispose();
        _folder.Dispose();
    }

    internal override IMessageLog Create(int partitions) => Keep(TelemetryLogs.Open(
        Path.Combine(_folder.Path, Guid.NewGuid().ToString("N")), partitions, _time, segmentSpan: TimeSpan.FromMinutes(2), blockBytes: 300));

    // The same answers are due from memory, from the saved index, and across segments.
    internal override void Disturb(IMessageLog log, int round)
    {
        if (round % 3 == 1)
            ((SqliteMessageLog)log).Maintain(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(50));
    }

    [Fact]
    public async Task Open_AfterClose_GoesOnWithTheNextNumbers()
    {
        using (var log = Open())
            await log.AppendAsync([Numbered(0, 3)], Token);
        using var again = Open();

        var append = Numbered(3, 1);
        await again.AppendAsync([append], Token);

        Assert.Equal(3, append.FirstSequenceNumber);
        Assert.Equal([0L, 1, 2, 3], (await ReadAllAsync(again, append.Partition, 0)).Select(message => message.SequenceNumber));
    }

    [Fact]
    public async Task Open_FilesAsAKilledProcessLeavesThem_KeepsAllAndFindsIt()
    {
        using var log = Open();
        await log.AppendAsync([Numbered(0, 3)], Token);
        log.Maintain(Token);
        await log.AppendAsync([Numbered(3, 2)], Token);
        var copy = CopyLog("copy");

        using var again = TelemetryLogs.Open(copy, time: _time);
        var page = await again.QueryAsync(new TelemetryQuery { DeviceId = DeviceId.Parse("d1") }, Token);
        again.Maintain(Token);
        var afterRebuild = await again.QueryAsync(new TelemetryQuery { DeviceId = DeviceId.Parse("d1") }, Token);

        Assert.Equal([0L, 1, 2, 3, 4], page.Items.Select(message => message.SequenceNumber));
        Assert.Equal([0L, 1, 2, 3, 4], afterRebuild.Items.Select(message => message.SequenceNumber));
    }

    [Fact]
    public async Task Open_TornTailOfTheWriteAheadLog_KeepsWhatWasCommittedBefore()
    {
        using var log = Open();
        await log.AppendAsync([Numbered(0, 3)], Token);
        var whole = new FileInfo(SegmentPath(LogPath, 1) + "-wal").Length;
        await log.AppendAsync([Numbered(3, 2)], Token);
        var copy = CopyLog("torn");
        var wal = SegmentPath(copy, 1) + "-wal";
        using (var file = File.OpenWrite(wal))
            file.SetLength(whole + ((file.Length - whole) / 2));

        using var again = TelemetryLogs.Open(copy, time: _time);
        var append = Numbered(3, 1);
        await again.AppendAsync([append], Token);

        Assert.Equal(3, append.FirstSequenceNumber);
    }

    /// <summary>Past what 32 bits hold, past what a double holds exactly, and near the end of 63 bits.</summary>
    [Theory]
    [InlineData(uint.MaxValue - 1L)]
    [InlineData((1L << 53) - 2)]
    [InlineData(long.MaxValue - 10)]
    public async Task D6_LogThatHasCountedFar_GoesOnExactlyAndShowsItAsText(long first)
    {
        Directory.CreateDirectory(LogPath);
        SegmentFile.Create(SegmentPath(LogPath, 1), [first, first], _time.GetUtcNow(), 0);
        int partition;
        using (var log = Open())
        {
            var append = Numbered(0, 3);
            partition = append.Partition;
            await log.AppendAsync([append], Token);
            log.Maintain(Token);
            Assert.Equal(first, append.FirstSequenceNumber);
        }

        using var again = Open();
        await again.AppendAsync([Numbered(3, 1)], Token);

        long[] expected = [first, first + 1, first + 2, first + 3];
        Assert.Equal(expected, (await ReadAllAsync(again, partition, first)).Select(message => message.SequenceNumber));
        Assert.Equal(expected[2..], (await again.QueryAsync(new TelemetryQuery { Partition = partition, After = first + 1 }, Token)).Items.Select(message => message.SequenceNumber));
        var found = (await again.QueryAsync(new TelemetryQuery { DeviceId = DeviceId.Parse("d1") }, Token)).Items;
        Assert.Equal(expected, found.Select(message => message.SequenceNumber));
        var json = JsonSerializer.SerializeToElement(found[3].ToItem(), JsonSerializerOptions.Web);
        Assert.Equal((first + 3).ToString(CultureInfo.InvariantCulture), json.GetProperty("sequenceNumber").GetString());
    }

    [Fact]
    public async Task Open_OtherNumberOfPartitions_IsRefusedNamingTheKey()
    {
        using (var log = Open())
            await log.AppendAsync([Numbered(0, 1)], Token);

        var refusal = Assert.Throws<StorageUnusableException>(() => TelemetryLogs.Open(LogPath, partitions: 3));

        Assert.Contains("Hub:Messaging:DeviceToCloud:Partitions is 3", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("2 partitions", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_SegmentThatWasBegunAndNeverBorn_IsPassedOver()
    {
        using (var log = Open())
            await log.AppendAsync([Numbered(0, 2)], Token);
        await File.WriteAllBytesAsync(SegmentPath(LogPath, 2), [], Token);

        using var again = Open();
        var append = Numbered(2, 1);
        await again.AppendAsync([append], Token);

        Assert.Equal(2, append.FirstSequenceNumber);
    }

    [Fact]
    public async Task DropExpiredAsync_AllExpired_DropsTheFilesAndGoesOnCounting()
    {
        using (var log = Open())
        {
            await log.AppendAsync([Numbered(0, 3)], Token);
            _time.Advance(TimeSpan.FromHours(2));

            Assert.Equal(1, await log.DropExpiredAsync(_time.GetUtcNow().AddHours(-1), 0, Token));

            var state = log.Partitions[PartitionOf.Device(DeviceId.Parse("d1"), 2)];
            Assert.Equal((3, 2), (state.FirstSequenceNumber, state.LastSequenceNumber));
            Assert.Empty((await log.QueryAsync(new TelemetryQuery(), Token)).Items);
            Assert.False(File.Exists(SegmentPath(LogPath, 1)));
        }

        using var again = Open();
        var append = Numbered(3, 1);
        await again.AppendAsync([append], Token);
        Assert.Equal(3, append.FirstSequenceNumber);
    }

    [Fact]
    public async Task DropExpiredAsync_NothingExpired_DropsNothing()
    {
        using var log = Open();
        await log.AppendAsync([Numbered(0, 3)], Token);
        Assert.Equal(0, await log.DropExpiredAsync(_time.GetUtcNow().AddHours(-1), 0, Token));
        Assert.Equal(3, (await log.QueryAsync(new TelemetryQuery(), Token)).Items.Count);
    }

    [Fact]
    public async Task DropExpiredAsync_TooLarge_DropsTheOldestFiles()
    {
        using var log = TelemetryLogs.Open(LogPath, time: _time, segmentBytes: 200_000);
        for (var i = 0; i < 20; i++)
            await log.AppendAsync([LogSamples.Append(LogSamples.Sender("d1"), 2, _time.GetUtcNow(), LogSamples.Message(new string('x', 60_000)))], Token);
        var before = log.SizeInBytes;

        Assert.True(before > 1_200_000, $"{before}");

        Assert.True(await log.DropExpiredAsync(DateTimeOffset.MinValue, 600_000, Token) > 0);

        // A checkpoint under way makes the newest file grow meanwhile; the next turn makes good for it.
        await Eventually.TrueAsync(async () =>
        {
            await log.DropExpiredAsync(DateTimeOffset.MinValue, 600_000, Token);
            return log.SizeInBytes <= 600_000;
        });
        var kept = log.Partitions[PartitionOf.Device(DeviceId.Parse("d1"), 2)];
        Assert.Equal(19, kept.LastSequenceNumber);
        var read = await ReadAllAsync(log, kept.Partition, 0);
        Assert.Equal(kept.FirstSequenceNumber, read[0].SequenceNumber);
    }

    [Fact]
    public async Task DropExpiredAsync_WhileAReaderIsInTheFile_LetsItFinishFirst()
    {
        using var log = TelemetryLogs.Open(LogPath, time: _time, blockBytes: 100);
        for (var i = 0; i < 10; i++)
            await log.AppendAsync([Numbered(i, 1)], Token);
        var partition = PartitionOf.Device(DeviceId.Parse("d1"), 2);
        await using var reading = log.ReadAsync(partition, 0, Token).GetAsyncEnumerator(Token);
        Assert.True(await reading.MoveNextAsync());

        _time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(1, await log.DropExpiredAsync(_time.GetUtcNow().AddHours(-1), 0, Token));
        await log.AppendAsync([Numbered(10, 1)], Token);

        Assert.True(await reading.MoveNextAsync());
        Assert.Equal(10, reading.Current[0].SequenceNumber);
    }

    [Fact]
    public async Task H11_QueryAsync_TamperedCursor_IsRefused()
    {
        using var log = Open();
        await log.AppendAsync([Numbered(0, 5)], Token);
        var cursor = (await log.QueryAsync(new TelemetryQuery { Limit = 2 }, Token)).NextCursor!;
        for (var i = 0; i < cursor.Length; i++)
        {
            var tampered = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            await Assert.ThrowsAsync<FormatException>(async () => await log.QueryAsync(new TelemetryQuery { Limit = 2, Cursor = tampered }, Token));
        }
    }

    [Fact]
    public async Task QueryAsync_DamagedIndexFile_StillFindsAll()
    {
        using (var log = Open())
            await log.AppendAsync([Numbered(0, 5)], Token);
        var index = Path.ChangeExtension(SegmentPath(LogPath, 1), ".index");
        Assert.True(File.Exists(index));
        await File.WriteAllTextAsync(index, new string('?', 9_000), Token);

        using var again = Open();
        var query = new TelemetryQuery { DeviceId = DeviceId.Parse("d1") };
        Assert.Equal(5, (await again.QueryAsync(query, Token)).Items.Count);
        again.Maintain(Token);
        Assert.Equal(5, (await again.QueryAsync(query, Token)).Items.Count);
    }

    [Fact]
    public async Task ProbeAsync_SoundDisk_FindsNoFault()
    {
        using var log = Open();
        Assert.Null(await log.ProbeAsync(Token));
    }

    internal static string SegmentPath(string directory, long number) => Path.Combine(directory, $"{number:D10}.segment");

    private static LogAppend Numbered(int first, int count) => LogSamples.Append(
        LogSamples.Sender("d1"), 2, LogSamples.Start.AddSeconds(first), [.. Enumerable.Range(first, count).Select(i => LogSamples.Message("n" + i))]);

    private SqliteMessageLog Open() => TelemetryLogs.Open(LogPath, time: _time);

    private SqliteMessageLog Keep(SqliteMessageLog log)
    {
        _logs.Add(log);
        return log;
    }

    private string CopyLog(string name)
    {
        var copy = Directory.CreateDirectory(Path.Combine(_folder.Path, name)).FullName;
        foreach (var file in Directory.EnumerateFiles(LogPath))
        {
            if (!file.EndsWith("-shm", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }
}
