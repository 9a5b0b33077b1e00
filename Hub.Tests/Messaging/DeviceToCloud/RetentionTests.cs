using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

public sealed class RetentionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExecuteAsync_MessagesPastTheirRetention_AreDroppedThenAndNotBefore()
    {
        using var folder = new TestFolder();
        var time = new FakeTimeProvider(LogSamples.Start);
        using var stored = TelemetryLogs.Open(folder.Path, partitions: 1, time: time);
        var log = new WatchedMessageLog(stored);
        await log.AppendAsync([LogSamples.Append(LogSamples.Sender("d1"), 1, LogSamples.Start, LogSamples.Message("a"))], Token);
        using var retention = Create(log, time);
        await retention.StartAsync(Token);
        Assert.Equal(0, await RoundAsync(log));

        // Within its time nothing happens, however often it looks; the clock goes on only when it has looked.
        for (var minute = 1; minute <= 60; minute++)
        {
            time.Advance(Retention.Interval);
            Assert.Equal((minute, 0), (minute, await RoundAsync(log)));
        }

        Assert.Equal(0, log.Partitions[0].FirstSequenceNumber);
        time.Advance(Retention.Interval);
        Assert.Equal(1, await RoundAsync(log));
        Assert.Equal((1, 0), (log.Partitions[0].FirstSequenceNumber, log.Partitions[0].LastSequenceNumber));
        await retention.StopAsync(Token);
    }

    [Fact]
    public async Task ExecuteAsync_DroppingFails_GoesOnAtTheNextMinute()
    {
        var time = new FakeTimeProvider(LogSamples.Start);
        var log = new WatchedMessageLog(new InMemoryMessageLog()) { DropFault = new MessageLogException("A planted fault.", MessageLogFault.InputOutput) };
        using var retention = Create(log, time);
        await retention.StartAsync(Token);
        Assert.Equal(-1, await RoundAsync(log));

        log.DropFault = null;
        time.Advance(Retention.Interval);

        Assert.Equal(0, await RoundAsync(log));
        await retention.StopAsync(Token);
    }

    private static Retention Create(IMessageLog log, TimeProvider time) =>
        new(log, Options.Create(new DeviceToCloudOptions { Retention = TimeSpan.FromHours(1) }), time, NullLogger<Retention>.Instance);

    private static Task<int> RoundAsync(WatchedMessageLog log) => log.RoundAsync(Token).WaitAsync(Patience, Token);
}
