using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Counts what comes in. Read by Operations for the overview, and by OpenTelemetry through its meter. Singleton.</summary>
internal sealed class IngestMetrics
{
    public const string MeterName = "Hub.Messaging.DeviceToCloud";

    /// <summary>Reasons of refusal, as the overview and the metrics name them.</summary>
    public const string TooLarge = "too_large";
    public const string StoreUnavailable = "store_unavailable";
    public const string Malformed = "malformed";
    public const string NotAllowed = "not_allowed";

    private static readonly InstrumentAdvice<int> BatchBuckets = new() { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16_384] };

    private static readonly InstrumentAdvice<double> DurationBuckets =
        new() { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] };

    private readonly Counter<long> _acceptedCounter;
    private readonly Counter<long> _rejectedCounter;
    private readonly Counter<long> _bytesCounter;
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _commitDuration;
    private readonly ConcurrentDictionary<string, long> _rejectedByReason = new(StringComparer.Ordinal);
    private long _accepted;
    private long _rejected;

    public IngestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _acceptedCounter = meter.CreateCounter<long>("hub.d2c.ingress.success", "{message}", "Messages committed and fsynced.");
        _rejectedCounter = meter.CreateCounter<long>("hub.d2c.ingress.rejected", "{message}", "Messages refused, by reason.");
        _bytesCounter = meter.CreateCounter<long>("hub.d2c.ingress.bytes", "By", "Bytes of the messages committed: bodies, and the properties that count for a message's size.");
        _batchSize = meter.CreateHistogram("hub.d2c.commit.messages", "{message}", "Messages in one commit.", null, BatchBuckets);
        _commitDuration = meter.CreateHistogram("hub.d2c.commit.duration", "s", "Time from the start of a commit to its fsync.", null, DurationBuckets);
    }

    public long AcceptedTotal => Interlocked.Read(ref _accepted);

    public long RejectedTotal => Interlocked.Read(ref _rejected);

    public IReadOnlyDictionary<string, long> RejectedByReason => _rejectedByReason;

    public void Committed(int messages, long bytes, TimeSpan duration)
    {
        Interlocked.Add(ref _accepted, messages);
        _acceptedCounter.Add(messages);
        _bytesCounter.Add(bytes);
        _batchSize.Record(messages);
        _commitDuration.Record(duration.TotalSeconds);
    }

    public void Rejected(string reason, int messages)
    {
        Interlocked.Add(ref _rejected, messages);
        _rejectedByReason.AddOrUpdate(reason, messages, (_, count) => count + messages);
        _rejectedCounter.Add(messages, new KeyValuePair<string, object?>("reason", reason));
    }
}
