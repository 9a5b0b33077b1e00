namespace Hub.Server.Streaming;

/// <summary>
/// How many rows a viewer may be sent now, so that in no second it gets more than it asked for. While no more than that comes in, all
/// of it may go out, bursts too; once more comes in, what is allowed is spread over the second. Owned by one stream.
/// </summary>
internal sealed class RowBudget(int maxPerSecond)
{
    private static readonly long SecondTicks = TimeSpan.TicksPerSecond;

    private readonly Queue<(long Ticks, long Came, int Sent)> _lastSecond = new();
    private readonly int _share = Math.Max(1, maxPerSecond / 10);
    private long _came;
    private int _sent;

    /// <summary>How many rows may go out.</summary>
    /// <param name="now">The time in ticks.</param>
    /// <param name="coming">How many would like to.</param>
    public int Allowed(long now, long coming)
    {
        while (_lastSecond.TryPeek(out var oldest) && now - oldest.Ticks >= SecondTicks)
        {
            _lastSecond.Dequeue();
            _came -= oldest.Came;
            _sent -= oldest.Sent;
        }

        var left = Math.Max(0, maxPerSecond - _sent);
        return _came + coming <= maxPerSecond ? left : Math.Min(left, _share);
    }

    /// <summary>Keeps what came and what went out.</summary>
    public void Spend(long now, long came, int sent)
    {
        _lastSecond.Enqueue((now, came, sent));
        _came += came;
        _sent += sent;
    }
}
