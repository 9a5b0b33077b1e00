using Hub.Cli.Load;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class PacerTests
{
    [Theory]
    [InlineData(20_000, 1_000, 20_000)]
    [InlineData(250, 999, 249)]
    [InlineData(3, 10_000, 30)]
    public void Due_AfterATime_IsTheRateTimesThatTime(double rate, int milliseconds, long expected)
    {
        var clock = new FakeTimeProvider();
        var pacer = new Pacer(clock, rate);

        clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(expected, pacer.Due());
    }

    [Theory]
    [InlineData(20_000)]
    [InlineData(777)]
    [InlineData(3)]
    public void TimestampOf_EachMessage_IsTheStepAtWhichItBecameDue(double rate)
    {
        var clock = new FakeTimeProvider();
        var pacer = new Pacer(clock, rate);
        var seen = 0L;
        for (var step = 0; step < 2_000; step++)
        {
            for (var due = pacer.Due(); seen < due; seen++)
                Assert.Equal(clock.GetTimestamp(), pacer.TimestampOf(seen));
            clock.Advance(Pacer.Step);
        }

        Assert.True(seen > 0);
    }
}
