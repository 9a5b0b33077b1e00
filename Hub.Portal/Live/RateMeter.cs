namespace Hub.Portal.Live;

/// <summary>What came and what of it is shown, each second and in all, since the stream began.</summary>
public readonly record struct LiveRates(double In, double Shown, double SampledOut, double Missed, long TotalIn, long TotalShown, long TotalSampledOut, long TotalMissed);

/// <summary>Counts over the last five seconds. Owned by <see cref="LiveState"/>, used by the page's thread.</summary>
public sealed class RateMeter(TimeProvider clock)
{
    private const int Seconds = 5;

    // One slot a second; the slot of the running second is not yet counted in the rates.
    private readonly (long Second, long In, long Shown, long Sampled, long Missed)[] _slots = new (long, long, long, long, long)[Seconds + 1];
    private long _began = clock.GetTimestamp();
    private (long In, long Shown, long Sampled, long Missed) _total;

    public void Count(long received, long shown, long sampled, long missed)
    {
        var second = Now;
        ref var slot = ref _slots[second % _slots.Length];
        if (slot.Second != second)
            slot = (second, 0, 0, 0, 0);
        slot = (second, slot.In + received, slot.Shown + shown, slot.Sampled + sampled, slot.Missed + missed);
        _total = (_total.In + received, _total.Shown + shown, _total.Sampled + sampled, _total.Missed + missed);
    }

    public LiveRates Read()
    {
        var now = Now;
        var whole = Math.Min(now, Seconds);
        (double In, double Shown, double Sampled, double Missed) sum = default;
        foreach (var slot in _slots)
        {
            if (slot.Second < now - Seconds || (slot.Second >= now && whole > 0))
                continue;
            sum = (sum.In + slot.In, sum.Shown + slot.Shown, sum.Sampled + slot.Sampled, sum.Missed + slot.Missed);
        }

        var over = Math.Max(1, whole);
        return new(sum.In / over, sum.Shown / over, sum.Sampled / over, sum.Missed / over, _total.In, _total.Shown, _total.Sampled, _total.Missed);
    }

    public void Reset()
    {
        Array.Clear(_slots);
        _began = clock.GetTimestamp();
        _total = default;
    }

    private long Now => (long)clock.GetElapsedTime(_began).TotalSeconds;
}
