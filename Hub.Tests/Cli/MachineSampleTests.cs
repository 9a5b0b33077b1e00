using Hub.Cli.Load;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class MachineSampleTests
{
    [Fact]
    public void StolenPercentSince_TwoSamples_IsTheShareOfOthers()
    {
        var earlier = MachineSample.Parse("cpu  100 0 50 800 10 0 5 35 7 0");
        var later = MachineSample.Parse("cpu  150 0 60 820 10 0 5 55 9 0");

        Assert.Equal(new MachineSample(1000, 35), earlier);
        Assert.Equal(20, later.StolenPercentSince(earlier));
    }

    [Fact]
    public void StolenPercentSince_NoTimePassed_IsZero()
    {
        var sample = MachineSample.Parse("cpu  100 0 50 800 10 0 5 35 7 0");

        Assert.Equal(0, sample.StolenPercentSince(sample));
    }

    [Fact]
    public void Parse_KernelWithoutSteal_CountsNoneAsStolen() =>
        Assert.Equal(new MachineSample(150, 0), MachineSample.Parse("cpu  100 0 50"));

    [Fact]
    public void TryTake_OnLinux_ReadsTheMachine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");

        Assert.True(MachineSample.TryTake() is { Ticks: > 0, StolenTicks: >= 0 });
    }
}
