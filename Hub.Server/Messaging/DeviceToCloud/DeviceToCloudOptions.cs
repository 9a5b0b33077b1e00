using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Settings of the device-to-cloud way.</summary>
internal sealed class DeviceToCloudOptions
{
    public const string Section = "Hub:Messaging:DeviceToCloud";

    /// <summary>How many partitions the log has; fixed once data exists.</summary>
    [Range(1, 32)]
    public int Partitions { get; init; } = 4;

    /// <summary>How long messages are kept at least; whole files are dropped after that.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How many bytes the log may take before the oldest files are dropped, whatever their age; 0 for no bound.</summary>
    [Range(0, long.MaxValue)]
    public long RetentionBytes { get; init; }

    /// <summary>The largest message in bytes, accounted as in the wire contract (section 1.1).</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxMessageSize { get; init; } = 262_144;

    /// <summary>How many bytes of messages may wait for their commit; above that, heads stop reading.</summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public int MaxPendingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many messages one commit takes at most.</summary>
    [Range(1, 100_000)]
    public int MaxBatchMessages { get; init; } = 8_192;

    /// <summary>
    /// How long the writer waits for company before it commits, once <see cref="LingerFrom"/> messages came with the commit before:
    /// many small commits in a row cost more than they bring. Longer means fewer, larger commits and later acknowledgements. Zero
    /// commits at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:00.050")]
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>From how many messages in the commit before the writer lingers.</summary>
    [Range(1, 100_000)]
    public int LingerFrom { get; init; } = 48;
}
