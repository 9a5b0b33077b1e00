using Hub.Server.Storage.Telemetry;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>Whoever stops a hub waits ten seconds, and an index of a gigabyte takes longer to make anew.</summary>
public sealed class StopAfterCrashTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Dispose_IndexLacksWhatACrashTook_LeavesItToTheNextStart()
    {
        using (var log = TelemetryLogs.Open(_folder.Path, partitions: 1))
            await AppendAsync(log, "one", "two");
        var index = SegmentFile.IndexPathOf(SqliteMessageLogTests.SegmentPath(_folder.Path, 1));
        Assert.True(File.Exists(index));
        File.Delete(index);

        using (var log = TelemetryLogs.Open(_folder.Path, partitions: 1))
            await AppendAsync(log, "three");

        Assert.False(File.Exists(index), "The index was made anew while the log was closed.");
        using var again = TelemetryLogs.Open(_folder.Path, partitions: 1);
        Assert.Equal(3, await CountAsync(again));
        again.Maintain(Token);
        Assert.True(File.Exists(index));
        Assert.Equal(3, await CountAsync(again));
    }

    private static async Task AppendAsync(SqliteMessageLog log, params string[] bodies) => await log.AppendAsync(
        [LogSamples.Append(LogSamples.Sender("d1"), 1, LogSamples.Start, [.. bodies.Select(body => LogSamples.Message(body))])], Token);

    private static async Task<int> CountAsync(SqliteMessageLog log) =>
        (await log.QueryAsync(new TelemetryQuery { DeviceId = DeviceId.Parse("d1"), Limit = 100 }, Token)).Items.Count;
}
