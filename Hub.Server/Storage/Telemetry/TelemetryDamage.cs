using System.Diagnostics.Metrics;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Reports what of the log is damaged: each place once in the log and in the count, however often it is read. Singleton.</summary>
internal sealed partial class TelemetryDamage
{
    public const string MeterName = "Hub.Storage.Telemetry";
    private const int MaxRemembered = 10_000;

    private readonly ILogger<TelemetryDamage> _logger;
    private readonly Counter<long> _blocks;
    private readonly Lock _lock = new();
    private readonly HashSet<(string File, int Partition, long SequenceNumber)> _known = [];
    private long _count;

    public TelemetryDamage(IMeterFactory meters, ILogger<TelemetryDamage> logger)
    {
        _logger = logger;
        _blocks = meters.Create(MeterName).CreateCounter<long>("hub.storage.damaged_blocks", "{block}", "Stored blocks found damaged or missing.");
    }

    /// <summary>How many damaged places were found since the start.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>A block whose checksum or address is wrong.</summary>
    public void Block(Segment segment, int partition, long sequenceNumber)
    {
        if (IsNew(segment.Path, partition, sequenceNumber))
            Log.DamagedBlock(_logger, segment.Path, partition, sequenceNumber);
    }

    /// <summary>Sequence numbers that should be in the segment and are not.</summary>
    public void Gap(Segment segment, int partition, long first, long next)
    {
        if (IsNew(segment.Path, partition, first))
            Log.MissingBlocks(_logger, segment.Path, partition, first, next - 1);
    }

    /// <summary>A file that SQLite cannot read on.</summary>
    public void File(string path, Exception cause)
    {
        if (IsNew(path, -1, -1))
            Log.DamagedFile(_logger, path, cause);
    }

    private bool IsNew(string path, int partition, long sequenceNumber)
    {
        lock (_lock)
        {
            if (_known.Count >= MaxRemembered || !_known.Add((path, partition, sequenceNumber)))
                return false;
        }

        Interlocked.Increment(ref _count);
        _blocks.Add(1);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Storage + 20, LogLevel.Error,
            "The block at sequence number {SequenceNumber} of partition {Partition} in {File} is damaged; its messages are not served.")]
        public static partial void DamagedBlock(ILogger logger, string file, int partition, long sequenceNumber);

        [LoggerMessage(EventIds.Storage + 21, LogLevel.Error,
            "The messages {First} to {Last} of partition {Partition} are missing from {File}: the file is damaged.")]
        public static partial void MissingBlocks(ILogger logger, string file, int partition, long first, long last);

        [LoggerMessage(EventIds.Storage + 22, LogLevel.Error, "The file {File} is damaged; what can still be read of it is served. It is left as it is.")]
        public static partial void DamagedFile(ILogger logger, string file, Exception cause);
    }
}
