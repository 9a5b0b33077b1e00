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

    /// <summary>About how many files the age of messages may make: each is opened at the start, and looked at while the hub runs.</summary>
    private const int MostSpans = 200;

    /// <summary>How much the write-ahead log takes before it is moved into the file.</summary>
    public long WriteAheadBytes => Math.Min(LargestWriteAhead, SegmentBytes / 8);

    /// <summary>
    /// Dropping whole files keeps messages for up to one file's span longer than asked. That is a twenty-fourth of the retention up to a
    /// day, an hour above that, and a two-hundredth of the retention once hours would make more files than that. By size, for the same
    /// reason, a file is an eighth of the bound.
    /// </summary>
    public static TelemetryLogOptions From(DeviceToCloudOptions options, string directory)
    {
        var span = TimeSpan.FromTicks(Math.Max(
            Math.Clamp(options.Retention.Ticks / 24, TimeSpan.TicksPerMinute, TimeSpan.TicksPerHour), options.Retention.Ticks / MostSpans));
        var bytes = options.RetentionBytes == 0 ? LargestSegment : Math.Clamp(options.RetentionBytes / 8, SmallestSegment, LargestSegment);
        return new TelemetryLogOptions(directory, options.Partitions, span, bytes);
    }
}
