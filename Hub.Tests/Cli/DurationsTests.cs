using System.Globalization;
using Hub.Cli.Common;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class DurationsTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("10m", "2026-05-04T11:50:00Z")]
    [InlineData("1.5h", "2026-05-04T10:30:00Z")]
    [InlineData("40d", "2026-03-25T12:00:00Z")]
    [InlineData("2026-05-04", "2026-05-04T00:00:00Z")]
    [InlineData("2026-05-04T07:30", "2026-05-04T07:30:00Z")]
    [InlineData("2026-05-04T07:30Z", "2026-05-04T07:30:00Z")]
    [InlineData("2026-05-04T07:30:15.25+02:00", "2026-05-04T05:30:15.25Z")]
    public void TryParseMoment_AgoOrTime_IsThatMoment(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), Durations.TryParseMoment(text, Now));

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10:30")]
    [InlineData("03/04/2026")]
    [InlineData("-5m")]
    [InlineData("yesterday")]
    public void TryParseMoment_Neither_IsNone(string text) => Assert.Null(Durations.TryParseMoment(text, Now));
}
