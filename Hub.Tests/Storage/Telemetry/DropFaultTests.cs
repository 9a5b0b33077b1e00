using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>Files that cannot be deleted for a while: a folder in the place of one refuses that even to the superuser.</summary>
public sealed class DropFaultTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FakeTimeProvider _time = new(LogSamples.Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DropExpiredAsync_OneFileCannotBeDeleted_DropsTheOthersAndThatOneLater()
    {
        using var log = TelemetryLogs.Open(_folder.Path, partitions: 1, time: _time, segmentSpan: TimeSpan.FromMinutes(1));
        for (var minute = 0; minute < 3; minute++)
        {
            await log.AppendAsync([LogSamples.Append(LogSamples.Sender("d1"), 1, _time.GetUtcNow(), LogSamples.Message("m"))], Token);
            _time.Advance(TimeSpan.FromMinutes(2));
        }

        log.Maintain(Token);
        var first = SqliteMessageLogTests.SegmentPath(_folder.Path, 1);
        Directory.CreateDirectory(first + "-journal");

        var fault = await Assert.ThrowsAsync<MessageLogException>(async () => await log.DropExpiredAsync(_time.GetUtcNow(), 0, Token));

        Assert.Contains("cannot be deleted", fault.Message, StringComparison.Ordinal);
        Assert.Equal(3, log.Partitions[0].FirstSequenceNumber);
        Assert.True(File.Exists(SegmentFile.IndexPathOf(first)));
        Assert.False(File.Exists(SqliteMessageLogTests.SegmentPath(_folder.Path, 2)));

        Directory.Delete(first + "-journal");
        Assert.Equal(0, await log.DropExpiredAsync(_time.GetUtcNow(), 0, Token));
        Assert.False(File.Exists(SegmentFile.IndexPathOf(first)));
    }

    [Fact]
    public async Task Maintenance_IndexCannotBeDeleted_GoesOnAtTheNextMinute()
    {
        var logged = new LogCapture();
        using var loggers = new LoggerFactory([logged]);
        using var log = TelemetryLogs.Open(_folder.Path, partitions: 1, time: _time, logger: loggers.CreateLogger<SqliteMessageLog>());
        await log.AppendAsync([LogSamples.Append(LogSamples.Sender("d1"), 1, _time.GetUtcNow(), LogSamples.Message("m"))], Token);
        var index = SegmentFile.IndexPathOf(SqliteMessageLogTests.SegmentPath(_folder.Path, 1));
        Directory.CreateDirectory(index);
        using var maintenance = new TelemetryMaintenance(log, _time, loggers.CreateLogger<TelemetryMaintenance>());
        await maintenance.StartAsync(Token);
        await Eventually.TrueAsync(() => logged.Lines.Any(line => line.Text.Contains("could not be saved", StringComparison.Ordinal)));

        Directory.Delete(index);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TelemetryMaintenance.Interval);
            return File.Exists(index);
        });

        Assert.False(maintenance.ExecuteTask!.IsCompleted);
        await maintenance.StopAsync(Token);
    }
}
