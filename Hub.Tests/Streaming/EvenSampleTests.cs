using Hub.Server.Streaming;
using Xunit;

namespace Hub.Tests.Streaming;

public sealed class EvenSampleTests
{
    [Theory]
    [InlineData(50, 100)]
    [InlineData(100, 100)]
    [InlineData(1_000, 100)]
    [InlineData(123_457, 100)]
    public void Take_AnyNumberOffered_IsSpreadEvenly(int offered, int rows)
    {
        var sample = new EvenSample<int>(2 * rows, long.MaxValue);
        for (var i = 0; i < offered; i++)
            sample.Offer(i, 1);

        Assert.Equal(offered, sample.Offered);
        var taken = sample.Take(rows, long.MaxValue);

        Assert.Equal(Math.Min(offered, rows), taken.Count);
        // In order, and no stretch of what was offered is passed over: every gap is at most three times the fair one.
        var fair = Math.Max(1.0, offered / (double)rows);
        Assert.All(taken.Zip(taken.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 3 * fair));
        Assert.InRange(taken[0], 0, fair);
        Assert.InRange(taken[^1], offered - (3 * fair) - 1, offered);
        Assert.Equal(0, sample.Offered);
    }

    [Fact]
    public void Offer_LargeRows_KeepsNoMoreThanItsBytes()
    {
        var sample = new EvenSample<int>(1_000, 100);
        for (var i = 0; i < 1_000; i++)
            sample.Offer(i, 10);

        Assert.InRange(sample.Take(1_000, long.MaxValue).Count, 1, 10);
    }

    [Fact]
    public void Take_RowLargerThanTheBound_IsTakenAlone()
    {
        var sample = new EvenSample<int>(10, 100);
        sample.Offer(1, 1_000);

        Assert.Equal([1], sample.Take(10, 100));
    }
}

public sealed class RowBudgetTests
{
    [Fact]
    public void Allowed_BurstWithinTheRate_PassesWhole()
    {
        var budget = new RowBudget(1_000);

        Assert.True(budget.Allowed(0, 1_000) >= 1_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Allowed_MoreThanTheRate_NeverMoreInASecondAndSpread(int rate)
    {
        var budget = new RowBudget(rate);
        var sent = new List<int>();
        for (var tick = 0; tick < 100; tick++)
        {
            var now = tick * (TimeSpan.TicksPerSecond / 10);
            var rows = Math.Min(rate, budget.Allowed(now, rate));
            budget.Spend(now, rate, rows);
            sent.Add(rows);
        }

        for (var start = 0; start + 10 <= sent.Count; start++)
            Assert.InRange(sent.Skip(start).Take(10).Sum(), 0, rate);
        Assert.InRange(sent.Skip(20).Sum(), rate * 8 * 9 / 10, rate * 8);
        // After its first burst a large rate comes in tenths.
        if (rate >= 10)
            Assert.All(sent.Skip(20), rows => Assert.InRange(rows, 0, rate / 10));
    }
}
