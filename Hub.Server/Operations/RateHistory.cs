namespace Hub.Server.Operations;

/// <summary>How many messages were accepted in each of the last seconds. Written by <see cref="OverviewCollector"/>; safe to read.</summary>
internal sealed class RateHistory
{
    public const int Seconds = 300;

    private readonly Lock _lock = new();
    private readonly double[] _rates = new double[Seconds];
    private int _next;

    /// <summary>Adds the newest second.</summary>
    public void Add(double rate)
    {
        lock (_lock)
        {
            _rates[_next] = rate;
            _next = (_next + 1) % Seconds;
        }
    }

    /// <summary>All of them, the oldest first; seconds before the start are 0.</summary>
    public double[] ToArray()
    {
        lock (_lock)
            return [.. _rates.AsSpan(_next), .. _rates.AsSpan(0, _next)];
    }
}
