using Hub.Server;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Application;

public sealed class LogLimitTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Allows_MoreThanTheLimit_CountsTheRestAndTellsItOnceInTheNextInterval()
    {
        var limit = new LogLimit(_time);
        var allowed = Enumerable.Range(0, 1000).Count(_ => limit.Allows(out var leftOut) && leftOut == 0);
        Assert.Equal(LogLimit.LinesPerInterval, allowed);

        _time.Advance(LogLimit.Interval);

        Assert.True(limit.Allows(out var first));
        Assert.Equal(1000 - LogLimit.LinesPerInterval, first);
        Assert.True(limit.Allows(out var second));
        Assert.Equal(0, second);
    }

    [Fact]
    public void Allows_BeforeTheIntervalEnds_StaysClosed()
    {
        var limit = new LogLimit(_time);
        for (var i = 0; i < LogLimit.LinesPerInterval; i++)
            Assert.True(limit.Allows(out _));

        _time.Advance(LogLimit.Interval - TimeSpan.FromMilliseconds(1));

        Assert.False(limit.Allows(out _));
    }
}
