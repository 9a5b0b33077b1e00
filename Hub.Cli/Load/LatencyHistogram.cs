using System.Numerics;

namespace Hub.Cli.Load;

/// <summary>
/// Counts durations in buckets that are 1/128 of their value wide, so that a percentile is at most 0.8 % above the truth.
/// Any thread may record; reading is for when recording has ended.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[IndexOf(long.MaxValue) + 1];
    private long _max;

    /// <summary>How many durations were recorded.</summary>
    public long Count => _counts.Sum();

    /// <summary>The longest duration, exact.</summary>
    public TimeSpan Max => ToTimeSpan(Interlocked.Read(ref _max));

    /// <summary>Records a duration as often as <paramref name="times"/> says.</summary>
    public void Record(long nanoseconds, long times = 1)
    {
        nanoseconds = Math.Max(0, nanoseconds);
        Interlocked.Add(ref _counts[IndexOf(nanoseconds)], times);
        var max = Interlocked.Read(ref _max);
        while (nanoseconds > max)
        {
            var seen = Interlocked.CompareExchange(ref _max, nanoseconds, max);
            if (seen == max)
                break;
            max = seen;
        }
    }

    /// <summary>The duration that the given share of all (0.99 for p99) does not exceed; zero when nothing was recorded.</summary>
    public TimeSpan Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var passed = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            passed += _counts[i];
            if (passed >= rank)
                return ToTimeSpan(Math.Min(UpperBoundOf(i), Interlocked.Read(ref _max)));
        }

        return TimeSpan.Zero;
    }

    private static TimeSpan ToTimeSpan(long nanoseconds) => TimeSpan.FromTicks((nanoseconds + 99) / TimeSpan.NanosecondsPerTick);

    /// <summary>Below 256 a bucket for each value; above, 128 buckets for each power of two.</summary>
    private static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - SubBucketBits);
        return (shift * SubBuckets) + (int)(value >> shift);
    }

    private static long UpperBoundOf(int index)
    {
        if (index < 2 * SubBuckets)
            return index;
        var shift = (index / SubBuckets) - 1;
        var first = (long)(index - (shift * SubBuckets)) << shift;
        return first + ((1L << shift) - 1);
    }
}
