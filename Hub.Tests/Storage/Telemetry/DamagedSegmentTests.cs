using Hub.Server.Storage;
using Hub.Server.Storage.Telemetry;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>D4: whatever a flipped bit hits, wrong data is never served, and what is missing is reported.</summary>
public sealed class DamagedSegmentTests
{
    private const int Flips = 1_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task D4_RandomBitFlipsInAStoredSegment_AreNeverServedAndReported()
    {
        using var folder = new TestFolder();
        var original = Path.Combine(folder.Path, "original");
        var stored = await StoreAsync(original);
        var bytes = await File.ReadAllBytesAsync(SqliteMessageLogTests.SegmentPath(original, 1), Token);
        const int Seed = 20260301;
        var random = new Random(Seed);
        var (refused, reported, harmless) = (0, 0, 0);

        for (var flip = 0; flip < Flips; flip++)
        {
            var copy = Path.Combine(folder.Path, "copy");
            Directory.CreateDirectory(copy);
            var place = random.Next(bytes.Length);
            var damaged = (byte[])bytes.Clone();
            damaged[place] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(SqliteMessageLogTests.SegmentPath(copy, 1), damaged, Token);

            var damage = TelemetryLogs.Damage();
            SqliteMessageLog? log = null;
            try
            {
                log = TelemetryLogs.Open(copy, time: new FakeTimeProvider(LogSamples.Start), damage: damage);
            }
            catch (StorageUnusableException)
            {
                // Found at the start, which stops with a sentence.
                refused++;
            }

            if (log is not null)
            {
                var served = await ReadAsync(log);
                Assert.True(served.All(stored.Contains), $"Wrong data was served after a flip at {place} (seed {Seed}, flip {flip}).");
                Assert.True(served.Count == stored.Count || damage.Count > 0, $"Missing data was not reported after a flip at {place} (seed {Seed}, flip {flip}).");
                (reported, harmless) = damage.Count > 0 ? (reported + 1, harmless) : (reported, harmless + 1);
                log.Dispose();
            }

            Directory.Delete(copy, recursive: true);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{Flips} flips: {refused} stopped the start, {reported} reported, {harmless} hit nothing that is used.");
        Assert.True(reported > Flips / 2, $"Only {reported} flips were reported.");
    }

    [Fact]
    public async Task ReadAsync_ADamagedBlock_GoesOnWithTheNext()
    {
        using var folder = new TestFolder();
        var stored = await StoreAsync(folder.Path);
        var path = SqliteMessageLogTests.SegmentPath(folder.Path, 1);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        // Everywhere: SQLite leaves copies behind in parts of pages that it no longer uses.
        var places = 0;
        for (var place = bytes.AsSpan().IndexOf("message 20 "u8); place >= 0; place = bytes.AsSpan().IndexOf("message 20 "u8), places++)
            bytes[place]++;
        Assert.True(places > 0);
        await File.WriteAllBytesAsync(path, bytes, Token);

        var damage = TelemetryLogs.Damage();
        using var log = TelemetryLogs.Open(folder.Path, time: new FakeTimeProvider(LogSamples.Start), damage: damage);
        var ascending = await ReadAsync(log);
        var descending = (await log.QueryAsync(new TelemetryQuery { Order = TelemetryOrder.Descending, Limit = 1_000 }, Token)).Items;

        Assert.Equal(1, damage.Count);
        Assert.Equal(stored.Count - 5, ascending.Count);
        Assert.Equal(stored.Count - 5, descending.Count);
    }

    private static async Task<HashSet<string>> StoreAsync(string directory)
    {
        using var log = TelemetryLogs.Open(directory, time: new FakeTimeProvider(LogSamples.Start));
        var number = 0;
        for (var commit = 0; commit < 40; commit++)
        {
            var sender = LogSamples.Sender("d" + (commit % 7));
            var messages = Enumerable.Range(0, 5).Select(_ => LogSamples.Message($"message {number++} " + new string('x', 200), "p")).ToArray();
            await log.AppendAsync([LogSamples.Append(sender, 2, LogSamples.Start.AddSeconds(commit), messages)], Token);
        }

        var stored = new HashSet<string>(await ReadAsync(log));
        Assert.Equal(200, stored.Count);
        return stored;
    }

    private static async Task<List<string>> ReadAsync(SqliteMessageLog log)
    {
        var read = new List<string>();
        for (var partition = 0; partition < log.PartitionCount; partition++)
        {
            await foreach (var chunk in log.ReadAsync(partition, 0, Token))
                read.AddRange(chunk.Select(LogSamples.Show));
        }

        return read;
    }
}
