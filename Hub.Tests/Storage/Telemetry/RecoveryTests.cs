using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>What the log finds in its file after a fault, or after a crash, is not always what it was promised.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AppendAsync_AFailedCommitIsThereAllTheSame_IsRemovedAndItsNumberGivenAgain()
    {
        using var log = TelemetryLogs.Open(_folder.Path, partitions: 1);
        await AppendAsync(log, "one", "two");

        await FaultAsync(log, _folder.Path, "INSERT INTO block_0 SELECT 2, count, first_enqueued, last_enqueued, data FROM block_0");
        var after = await AppendAsync(log, "three");

        Assert.Equal(2, after.FirstSequenceNumber);
        Assert.Equal(["one", "two", "three"], await ReadAsync(log));
    }

    [Fact]
    public async Task AppendAsync_StoredMessagesAreGone_BecomesReadOnly()
    {
        using var log = TelemetryLogs.Open(_folder.Path, partitions: 1);
        await AppendAsync(log, "one");
        await AppendAsync(log, "two");

        await FaultAsync(log, _folder.Path, "DELETE FROM block_0 WHERE first_sequence = 1");
        var refusal = await Assert.ThrowsAsync<MessageLogException>(() => AppendAsync(log, "three"));

        Assert.Contains("read-only", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(refusal.Message, await log.ProbeAsync(Token));
        Assert.Equal(["one"], await ReadAsync(log));
    }

    [Fact]
    public async Task D4_FlippedBitInTheWriteAheadLogOfAKilledHub_IsReportedAndNoNumberIsGivenTwice()
    {
        var copy = Path.Combine(_folder.Path, "copy");
        Directory.CreateDirectory(copy);
        var original = Path.Combine(_folder.Path, "log");
        using (var log = TelemetryLogs.Open(original, partitions: 1))
        {
            for (var i = 0; i < 20; i++)
                await AppendAsync(log, $"message {i}");
            log.Maintain(Token);
            foreach (var file in Directory.EnumerateFiles(original).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var walPath = SqliteMessageLogTests.SegmentPath(copy, 1) + "-wal";
        var wal = await File.ReadAllBytesAsync(walPath, Token);
        wal[wal.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(walPath, wal, Token);

        var damage = TelemetryLogs.Damage();
        using var reopened = TelemetryLogs.Open(copy, partitions: 1, damage: damage);
        var served = await ReadAsync(reopened);
        Assert.True(damage.Count > 0);
        Assert.True(served.Count < 20);
        Assert.Equal(Enumerable.Range(0, served.Count).Select(i => $"message {i}"), served);
        Assert.Equal(20, (await AppendAsync(reopened, "next")).FirstSequenceNumber);
        await FaultAsync(reopened, copy, "SELECT 1");
        Assert.Equal(21, (await AppendAsync(reopened, "after a fault")).FirstSequenceNumber);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Somebody else holds the file for writing, so that the append fails, and changes it meanwhile.</summary>
    private static async Task FaultAsync(SqliteMessageLog log, string directory, string change)
    {
        using var other = new SqliteConnection($"Data Source={SqliteMessageLogTests.SegmentPath(directory, 1)};Pooling=False");
        other.Open();
        Execute(other, "BEGIN IMMEDIATE");
        Execute(other, change);
        await Assert.ThrowsAsync<MessageLogException>(() => AppendAsync(log, "refused"));
        Execute(other, "COMMIT");
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static async Task<LogAppend> AppendAsync(SqliteMessageLog log, params string[] bodies)
    {
        var append = LogSamples.Append(LogSamples.Sender("d1"), 1, LogSamples.Start, [.. bodies.Select(body => LogSamples.Message(body))]);
        await log.AppendAsync([append], Token);
        return append;
    }

    private static async Task<List<string>> ReadAsync(SqliteMessageLog log)
    {
        var read = new List<string>();
        await foreach (var chunk in log.ReadAsync(0, 0, Token))
            read.AddRange(chunk.Select(message => System.Text.Encoding.UTF8.GetString(message.Message.Body.Span)));
        return read;
    }
}
