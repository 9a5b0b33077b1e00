using Hub.Portal.Live;
using Hub.Portal.Messages;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Tests.Portal.Messages;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Portal.Live;

public sealed class LiveStateTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(Telemetry.Noon);
    private readonly LiveState _state;
    private long _sequence;

    public LiveStateTests() => _state = new LiveState(_clock);

    public void Dispose() => _state.Dispose();

    [Fact]
    public void Append_ManyBatches_DrawsAtMostEachInterval()
    {
        var drawn = 0;
        _state.Changed += () => drawn++;
        for (var i = 0; i < 100; i++)
        {
            Come(5, draw: false);
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(drawn, 9, 11);
        Draw();
        Assert.Equal(500, _state.Rows.Count);
    }

    [Fact]
    public void Append_MoreThanItHolds_KeepsTheNewest()
    {
        for (var i = 0; i < 7; i++)
            Come(1_000);
        Assert.Equal(LiveState.ViewCapacity, _state.Rows.Count);
        // With what waits beside it the browser holds no more than ten thousand.
        Assert.True(LiveState.ViewCapacity + LiveState.WaitingCapacity <= 10_000);
        Assert.Equal(7_000, _state.Rows[^1].Item!.SequenceNumber);
    }

    [Fact]
    public void Freeze_WhileMessagesCome_RowsStayAndNewOnesAreCounted()
    {
        Come(10);
        var before = Rows();
        _state.Select(_state.Rows[3]);
        for (var i = 0; i < 12; i++)
            Come(1_000);

        Assert.Equal(before, Rows());
        Assert.Equal(12_000, _state.NewCount);
    }

    [Fact]
    public void Resume_NothingPushedOut_JoinsWithoutHole()
    {
        Come(10);
        _state.Freeze();
        Come(20);
        _state.Resume();
        Assert.Equal(Enumerable.Range(1, 30).Select(n => (long)n), _state.ShownItems().Select(item => item.SequenceNumber));
        Assert.True(_state.Follows);
        Assert.Equal(0, _state.NewCount);
    }

    [Fact]
    public void Resume_SomePushedOut_SaysHowMany()
    {
        Come(10);
        _state.TogglePause();
        for (var i = 0; i < 6; i++)
            Come(1_000);
        _state.TogglePause();
        Assert.Equal(MessageGapReason.PushedOut, _state.Rows[0].Gap!.Reason);
        Assert.Equal(6_000 - LiveState.WaitingCapacity, _state.Rows[0].Gap!.Count);
        Assert.Equal(6_010, _state.Rows[^1].Item!.SequenceNumber);
        Assert.Equal(_state.Rows[0].Number + _state.Rows.Count - 1, _state.Rows[^1].Number);
    }

    [Fact]
    public void Append_Dropped_ShowsGapAndCounts()
    {
        Come(1);
        _state.Append(new LiveBatch<TelemetryItem> { Items = [Telemetry.Json("{}", 9)], Received = 3, Dropped = 7, Sampled = 2 });
        Draw();
        Assert.Equal(7, _state.Rows[1].Gap!.Count);
        Assert.Equal((4, 2, 2, 7), (_state.Rates.TotalIn, _state.Rates.TotalShown, _state.Rates.TotalSampledOut, _state.Rates.TotalMissed));
    }

    [Fact]
    public void Rates_SteadyStream_AreASecond()
    {
        for (var i = 0; i < 50; i++)
            Come(100);
        Assert.InRange(_state.Rates.In, 900, 1_100);
    }

    [Fact]
    public void ShowChart_NumbersOfSeveralDevices_AreBoundedSeries()
    {
        for (var device = 0; device < 7; device++)
        {
            for (var i = 1; i <= 400; i++)
                _state.Append(Batch(Telemetry.Json($$"""{"t":{{i}}}""", i, "d" + device)));
        }

        Draw();
        _state.ShowChart(new LiveChart(JsonPath.Root.Member("t")));
        Assert.Equal(LiveChart.MaxSeries, _state.Chart!.Series.Count);
        Assert.True(_state.Chart.HasMoreDevices);
        Assert.Equal(LiveChart.MaxPoints, _state.Chart.Series[0].Count);
        Assert.Equal(400, _state.Chart.Range()!.Value.Max);
    }

    [Fact]
    public void ShowChart_ViewStandsStill_HasWhatCameMeanwhile()
    {
        _state.Append(Batch(Telemetry.Json("""{"t":1}""", 1)));
        Draw();
        _state.Freeze();
        _state.Append(Batch(Telemetry.Json("""{"t":2}""", 2)));
        Draw();

        _state.ShowChart(new LiveChart(JsonPath.Root.Member("t")));

        var series = Assert.Single(_state.Chart!.Series);
        Assert.Equal(2, series.Count);
        Assert.Equal(1, series.Nearest(Telemetry.Noon)!.Value.Value);
        Assert.Equal(2, series.Nearest(Telemetry.Noon.AddHours(1))!.Value.Value);
    }

    [Fact]
    public void Parse_FilterOfUrl_RoundTrips()
    {
        var filter = LiveFilter.Parse(["a", "b", "not an id"], "x&y", 2, ["a%3Db=c=d", "=bad"], 5);
        var query = filter.ToQuery();
        var again = LiveFilter.Parse((string[]?)query["device"], (string?)query["q"], (int?)query["partition"], (string[]?)query["prop"], (int?)query["minutes"]);
        Assert.Equal(filter, again);
        Assert.Equal("c=d", again.Properties["a=b"]);
        Assert.Equal(2, again.Devices.Count);
        Assert.Equal("""{"0":"41"}""", again.ToTelemetryFilter(new Dictionary<string, string> { ["0"] = "41" }).From!.Value.GetRawText());
    }

    private static LiveBatch<TelemetryItem> Batch(params TelemetryItem[] items) => new() { Items = items, Received = items.Length, Dropped = 0, Sampled = 0 };

    private void Come(int count, bool draw = true)
    {
        _state.Append(Batch([.. Enumerable.Range(0, count).Select(_ => Telemetry.Json("{}", ++_sequence))]));
        if (draw)
            Draw();
    }

    private void Draw() => _clock.Advance(LiveState.DrawInterval);

    private List<long> Rows() => [.. Enumerable.Range(0, _state.Rows.Count).Select(i => _state.Rows[i].Number)];
}
