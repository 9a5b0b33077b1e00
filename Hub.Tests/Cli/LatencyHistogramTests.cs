using CsCheck;
using Hub.Cli.Load;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentile_AnyDurations_LiesAtMostOneBucketAboveTheExactOne() =>
        Gen.Select(Gen.Long[0, 100_000_000_000].Array[1, 300], Gen.Double[0.01, 1.0]).Sample((values, share) =>
        {
            var histogram = new LatencyHistogram();
            foreach (var value in values)
                histogram.Record(value);
            var exact = values.Order().ElementAt((int)Math.Max(1, Math.Ceiling(share * values.Length)) - 1);
            var told = histogram.Percentile(share).Ticks * TimeSpan.NanosecondsPerTick;
            // A bucket is 1/128 wide, and a TimeSpan counts in steps of 100 ns.
            return told >= exact && told <= exact + (exact / 128) + 100;
        });

    [Fact]
    public void Max_AnyDurations_IsExactToTheTick()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1_234_500);
        histogram.Record(700, times: 5);

        Assert.Equal(6, histogram.Count);
        Assert.Equal(TimeSpan.FromTicks(12_345), histogram.Max);
        Assert.Equal(TimeSpan.FromTicks(12_345), histogram.Percentile(1));
    }
}
