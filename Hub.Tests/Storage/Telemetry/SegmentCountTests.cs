using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

public sealed class SegmentCountTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("00:01:00", "00:01:00")]
    [InlineData("01:00:00", "00:02:30")]
    [InlineData("1.00:00:00", "01:00:00")]
    [InlineData("7.00:00:00", "01:00:00")]
    [InlineData("200.00:00:00", "1.00:00:00")]
    [InlineData("3650.00:00:00", "18.06:00:00")]
    public void From_Retention_MakesFilesOfAboutATwoHundredthAtLeast(string retention, string span)
    {
        var options = new DeviceToCloudOptions { Retention = TimeSpan.Parse(retention, System.Globalization.CultureInfo.InvariantCulture) };

        var log = TelemetryLogOptions.From(options, "somewhere");

        Assert.Equal(TimeSpan.Parse(span, System.Globalization.CultureInfo.InvariantCulture), log.SegmentSpan);
        Assert.InRange(options.Retention / log.SegmentSpan, 1, 200);
    }

    [Fact]
    public async Task Open_PartitionsWhoseNewestMessageIsFilesBack_KnowsWhenItCame()
    {
        using var folder = new TestFolder();
        var time = new FakeTimeProvider(LogSamples.Start);
        using (var log = TelemetryLogs.Open(folder.Path, partitions: 3, time: time, segmentSpan: TimeSpan.FromMinutes(1)))
        {
            for (var minute = 0; minute < 6; minute++)
            {
                await log.AppendAsync([TestMessages.Append("d1", minute == 2 ? 0 : 1, TestMessages.Text("m"))], Token);
                time.Advance(TimeSpan.FromMinutes(2));
            }
        }

        using var again = TelemetryLogs.Open(folder.Path, partitions: 3, time: time, segmentSpan: TimeSpan.FromMinutes(1));

        Assert.True(Directory.GetFiles(folder.Path, "*.segment").Length >= 6);
        Assert.Equal([true, true, false], again.Partitions.Select(partition => partition.LastEnqueuedTime is not null));
    }
}
