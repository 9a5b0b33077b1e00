using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Blocks;
using Hub.Server.Storage.Telemetry;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

public sealed class CheckpointerTests : IDisposable
{
    private const int MessageSize = 64 * 1024;

    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Start_WriterAmidItsNextTransaction_MovesWhatWasCommitted()
    {
        var path = NewSegment();
        using var writer = new SegmentWriter(new Segment(path, new SegmentHead([0], LogSamples.Start, 0)), 1024 * 1024);
        Commit(writer, 0);
        writer.Begin();
        Insert(writer, 1);

        using (var checkpointer = new Checkpointer(path))
        {
            checkpointer.Start();
            checkpointer.Finish();
        }

        writer.Commit();
        // The file without its write-ahead log shows what was moved.
        var alone = Path.Combine(_folder.Path, "alone");
        File.Copy(path, alone);
        Assert.Equal(1, Count(alone));
        Assert.Equal(2, Count(path));
    }

    [Fact]
    public async Task Start_FileThatIsNoSegment_FinishTellsItOnce()
    {
        var path = Path.Combine(_folder.Path, "garbage");
        await File.WriteAllTextAsync(path, new string('x', 10_000), Token);
        using var checkpointer = new Checkpointer(path);

        checkpointer.Start();

        Assert.Throws<SqliteFaultException>(checkpointer.Finish);
        checkpointer.Finish();
    }

    [Fact]
    public async Task Append_MoreThanTheWriteAheadLogTakes_TheLogBeginsAnewAndAllIsThere()
    {
        const int Batches = 200;
        using (var log = TelemetryLogs.Open(_folder.Path, partitions: 1))
        {
            for (var batch = 0; batch < Batches; batch++)
                await log.AppendAsync([.. Enumerable.Range(0, 8).Select(number => Large((batch * 8) + number))], Token);

            // 100 MiB have come; were it never begun anew, it would hold them all.
            var writeAhead = new FileInfo(SqliteMessageLogTests.SegmentPath(_folder.Path, 1) + "-wal").Length;
            Assert.InRange(writeAhead, 1, 70 * 1024 * 1024);
        }

        using var again = TelemetryLogs.Open(_folder.Path, partitions: 1);
        var next = 0L;
        await foreach (var chunk in again.ReadAsync(0, 0, Token))
        {
            foreach (var message in chunk)
                Assert.Equal(next++, message.SequenceNumber);
        }

        Assert.Equal(Batches * 8, next);
    }

    private static LogAppend Large(int number)
    {
        var body = new byte[MessageSize];
        Random.Shared.NextBytes(body);
        return LogSamples.Append(LogSamples.Sender("d" + (number % 10)), 1, LogSamples.Start, new Hub.Server.Messaging.Message { Body = body });
    }

    private static void Commit(SegmentWriter writer, long sequenceNumber)
    {
        writer.Begin();
        Insert(writer, sequenceNumber);
        writer.Commit();
    }

    private static void Insert(SegmentWriter writer, long sequenceNumber)
    {
        var encoder = new BlockEncoder();
        encoder.Begin(0, sequenceNumber);
        encoder.Add(LogSamples.Append(LogSamples.Sender("d1"), 1, LogSamples.Start, LogSamples.Message("21")));
        writer.Insert(0, encoder);
    }

    private static long Count(string path)
    {
        using var database = SqliteDatabase.Open(path, write: true);
        return database.Scalar("SELECT count(*) FROM block_0");
    }

    private string NewSegment()
    {
        var path = SegmentFile.PathOf(_folder.Path, 1);
        SegmentFile.Create(path, [0], LogSamples.Start, 0);
        return path;
    }
}
