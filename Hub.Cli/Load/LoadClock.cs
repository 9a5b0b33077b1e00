namespace Hub.Cli.Load;

/// <summary>When the measured part of a load begins and ends, and what it measured. One per run, shared by all connections.</summary>
internal sealed class LoadClock(TimeProvider time)
{
    private readonly double _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
    private long _from = long.MaxValue;
    private long _to = long.MaxValue;

    public LatencyHistogram Latency { get; } = new();

    public long Now => time.GetTimestamp();

    /// <summary>Whether new messages may still be sent.</summary>
    public bool Sending(long now) => now < Volatile.Read(ref _to);

    /// <summary>Sets the times; called once, before the first message.</summary>
    public void Start(TimeSpan warmUp, TimeSpan duration)
    {
        var now = time.GetTimestamp();
        Volatile.Write(ref _from, now + Ticks(warmUp));
        Volatile.Write(ref _to, now + Ticks(warmUp) + Ticks(duration));
    }

    /// <summary>Ends the sending early.</summary>
    public void Stop() => Volatile.Write(ref _to, Math.Min(time.GetTimestamp(), Volatile.Read(ref _to)));

    /// <summary>Records the latency of a message that was due while the load was measured; true when its PUBACK came within that time too.</summary>
    public bool Measure(long dueAt, long now)
    {
        if (dueAt >= _from && dueAt < _to)
            Latency.Record((long)((now - dueAt) * _nanosecondsPerTick));
        return Within(now);
    }

    /// <summary>Whether that moment lies in the measured part.</summary>
    public bool Within(long now) => now >= _from && now < _to;

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
