using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Storage.Telemetry;

/// <summary>How the log lies on the disk; follows from the settings of the device-to-cloud way.</summary>
/// <param name="Directory">Where its files are.</param>
/// <param name="Partitions">How many partitions.</param>
/// <param name="SegmentSpan">How long one file takes messages.</param>
/// <param name="SegmentBytes">How large one file grows.</param>
/// <param name="BlockBytes">About how large one block grows; bounds what reading one takes.</param>
internal sealed record TelemetryLogOptions(string Directory, int Partitions, TimeSpan SegmentSpan, long SegmentBytes, int BlockBytes = 4 * 1024 * 1024)
{
    private const long LargestSegment = 1024 * 1024 * 1024;
    private const long SmallestSegment = 1024 * 1024;
    private const long LargestWriteAhead = 16 * 1024 * 1024;

    /// <summary>How much the write-ahead log takes before it is moved into the file.</summary>
    public long WriteAheadBytes => Math.Min(LargestWriteAhead, SegmentBytes / 8);

    /// <summary>
    /// A file is a twenty-fourth of the retention, so that dropping whole files keeps at most that much longer than asked; and an eighth
    /// of the bound by size, for the same reason.
    /// </summary>
    public static TelemetryLogOptions From(DeviceToCloudOptions options, string directory)
    {
        var span = TimeSpan.FromTicks(Math.Clamp(options.Retention.Ticks / 24, TimeSpan.TicksPerMinute, TimeSpan.TicksPerHour));
        var bytes = options.RetentionBytes == 0 ? LargestSegment : Math.Clamp(options.RetentionBytes / 8, SmallestSegment, LargestSegment);
        return new TelemetryLogOptions(directory, options.Partitions, span, bytes);
    }
}
