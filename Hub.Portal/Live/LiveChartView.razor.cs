using System.Globalization;
using System.Text;
using Hub.Portal.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Live;

/// <summary>Draws a <see cref="LiveChart"/>, at most twice a second.</summary>
public sealed partial class LiveChartView
{
    private const int Width = 1_000;
    private const int Height = 120;
    private const double KeyStep = 0.02;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private List<string> _lines = [];
    private ChartRange? _range;
    private LiveChart? _drawnChart;
    private long _drawnVersion = -1;
    private long _drawnAt;
    private ElementReference _pointer;
    private double _pointerWidth;
    private double? _at;

    [Parameter, EditorRequired]
    public required LiveChart Chart { get; set; }

    [Parameter]
    public EventCallback OnClose { get; set; }

    [Inject]
    public required IMessageScreen Screen { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<LiveText> Text { get; init; }

    public void Refresh()
    {
        if (_drawnVersion == Chart.Version || Time.GetElapsedTime(_drawnAt) < Interval)
            return;
        Plot();
        StateHasChanged();
    }

    protected override void OnParametersSet()
    {
        if (!ReferenceEquals(_drawnChart, Chart))
            Plot();
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Moment(DateTimeOffset time) => time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private DateTimeOffset At(ChartRange range) => range.From + ((range.To - range.From) * (_at ?? 1));

    // The newest value, or the one at the moment that is pointed at.
    private string Shown(ChartSeries series)
    {
        var point = _at is not null && _range is { } range ? series.Nearest(At(range)) : series.Count > 0 ? series[series.Count - 1] : null;
        return point is { } found ? Number(found.Value) : "–";
    }

    private async Task MeasureAsync(PointerEventArgs pointer)
    {
        _pointerWidth = await Screen.WidthAsync(_pointer);
        Point(pointer);
    }

    private void Point(PointerEventArgs pointer) => _at = _pointerWidth > 0 ? Math.Clamp(pointer.OffsetX / _pointerWidth, 0, 1) : null;

    private void Leave() => _at = null;

    private void OnKey(KeyboardEventArgs key) => _at = key.Key switch
    {
        "ArrowLeft" => Math.Max(0, (_at ?? 1) - KeyStep),
        "ArrowRight" => Math.Min(1, (_at ?? 1) + KeyStep),
        _ => _at,
    };

    private void Plot()
    {
        (_drawnChart, _drawnVersion, _drawnAt) = (Chart, Chart.Version, Time.GetTimestamp());
        _range = Chart.Range();
        _lines = _range is { } range ? [.. Chart.Series.Select(series => Line(series, range))] : [];
    }

    private static string Line(ChartSeries series, ChartRange range)
    {
        var seconds = Math.Max(0.001, (range.To - range.From).TotalSeconds);
        var span = range.Max - range.Min;
        var line = new StringBuilder();
        for (var i = 0; i < series.Count; i++)
        {
            var (time, value) = series[i];
            var x = (time - range.From).TotalSeconds / seconds * Width;
            // A value that never changes runs through the middle.
            var y = span > 0 ? Height - 4 - ((value - range.Min) / span * (Height - 8)) : Height / 2.0;
            line.Append(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#} ");
        }

        return line.ToString();
    }
}
