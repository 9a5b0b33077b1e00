using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

public sealed class RetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExecuteAsync_MessagesPastTheirRetention_AreDropped()
    {
        using var folder = new TestFolder();
        var time = new FakeTimeProvider(LogSamples.Start);
        using var log = TelemetryLogs.Open(folder.Path, partitions: 1, time: time);
        await log.AppendAsync([LogSamples.Append(LogSamples.Sender("d1"), 1, LogSamples.Start, LogSamples.Message("a"))], Token);
        using var retention = new Retention(
            log, Options.Create(new DeviceToCloudOptions { Retention = TimeSpan.FromHours(1) }), time, NullLogger<Retention>.Instance);
        await retention.StartAsync(Token);

        // Within its time nothing happens, however often it looks.
        for (var minute = 0; minute < 30; minute++)
            time.Advance(Retention.Interval);
        Assert.Equal(0, log.Partitions[0].FirstSequenceNumber);

        for (var tries = 0; tries < 1_000 && log.Partitions[0].FirstSequenceNumber == 0; tries++)
        {
            time.Advance(Retention.Interval);
            await Task.Delay(10, Token);
        }

        Assert.Equal((1, 0), (log.Partitions[0].FirstSequenceNumber, log.Partitions[0].LastSequenceNumber));
        await retention.StopAsync(Token);
    }
}
