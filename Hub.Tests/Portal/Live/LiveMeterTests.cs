using Bunit;
using Hub.Portal.Live;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Tests.Portal.Messages;
using Xunit;

namespace Hub.Tests.Portal.Live;

public sealed class LiveMeterTests : PageContext
{
    [Theory]
    [InlineData(0, "Live")]
    [InlineData(4.9, "Live")]
    [InlineData(5, "Stored 5 s ago")]
    [InlineData(840, "Stored 14 min ago")]
    public void Render_StoredMessagesComing_SaysHowFarBehindTheyAre(double seconds, string expected)
    {
        using var state = new LiveState(Clock);
        state.SetStatus(LiveStatus.Live);
        state.Append(new LiveBatch<TelemetryItem> { Items = [Telemetry.Json("{}", 1)], Received = 1, Dropped = 0, Sampled = 0, BehindSeconds = seconds });

        var meter = Render<LiveMeter>(parameters => parameters.Add(meter => meter.State, state));

        Assert.Equal(expected, meter.Find("[data-testid=live-status]").TextContent);
    }

    [Fact]
    public void Render_ConnectionLostWhileCatchingUp_SaysThatItIsLost()
    {
        using var state = new LiveState(Clock);
        state.Append(new LiveBatch<TelemetryItem> { Items = [], Received = 0, Dropped = 0, Sampled = 0, BehindSeconds = 60 });
        state.SetStatus(LiveStatus.Reconnecting);

        var meter = Render<LiveMeter>(parameters => parameters.Add(meter => meter.State, state));

        Assert.Equal("Connection lost", meter.Find("[data-testid=live-status]").TextContent);
    }
}
