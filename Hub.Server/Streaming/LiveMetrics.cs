using System.Diagnostics.Metrics;

namespace Hub.Server.Streaming;

/// <summary>Counts what viewers are shown, for OpenTelemetry. Singleton.</summary>
internal sealed class LiveMetrics
{
    public const string MeterName = "Hub.Streaming";

    private readonly UpDownCounter<int> _viewers;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _sampled;

    public LiveMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _viewers = meter.CreateUpDownCounter<int>("hub.live.viewers", "{viewer}", "Live streams that are open.");
        _rows = meter.CreateCounter<long>("hub.live.rows", "{message}", "Messages sent to viewers.");
        _dropped = meter.CreateCounter<long>("hub.live.dropped", "{message}", "Messages that viewers were too slow for.");
        _sampled = meter.CreateCounter<long>("hub.live.sampled", "{message}", "Messages left out by sampling.");
    }

    /// <summary>Counts a viewer until it is disposed.</summary>
    public IDisposable Viewer()
    {
        _viewers.Add(1);
        return new OpenViewer(_viewers);
    }

    public void Sent(int rows, long dropped, long sampled)
    {
        _rows.Add(rows);
        _dropped.Add(dropped);
        _sampled.Add(sampled);
    }

    private sealed class OpenViewer(UpDownCounter<int> viewers) : IDisposable
    {
        public void Dispose() => viewers.Add(-1);
    }
}
