using System.Text.Json;
using Hub.Portal.Messages;
using Hub.Shared.Devices;
using Hub.Shared.Messages;

namespace Hub.Portal.Live;

/// <summary>
/// A number in the bodies over time, a line for one device or for each of a few. Bounded: the newest points of the first devices that sent it.
/// Owned by <see cref="LiveState"/>, used by the page's thread.
/// </summary>
public sealed class LiveChart
{
    public const int MaxSeries = 5;
    public const int MaxPoints = 300;

    private readonly List<ChartSeries> _series = [];

    /// <summary>Draws this place of the body, of one device or of the first few that send it.</summary>
    public LiveChart(JsonPath path, DeviceId? device = null) => (Path, Device) = (path, device);

    public JsonPath Path { get; }

    /// <summary>The only device that is drawn; null for the first few.</summary>
    public DeviceId? Device { get; }

    public IReadOnlyList<ChartSeries> Series => _series;

    /// <summary>Whether more devices send the number than are drawn.</summary>
    public bool HasMoreDevices { get; private set; }

    /// <summary>Rises with each point, so that a view knows whether there is something new to draw.</summary>
    public long Version { get; private set; }

    public void Add(TelemetryItem item)
    {
        if (item.BodyEncoding != BodyEncoding.Json || (Device is { } only && item.DeviceId != only) || !Path.TryFind(item.Body, out var found))
            return;
        if (found.ValueKind != JsonValueKind.Number || !found.TryGetDouble(out var value) || !double.IsFinite(value))
            return;
        if (SeriesOf(item.DeviceId) is not { } series)
        {
            HasMoreDevices = true;
            return;
        }

        series.Add(item.EnqueuedTime, value);
        Version++;
    }

    public void Clear()
    {
        _series.Clear();
        HasMoreDevices = false;
        Version++;
    }

    /// <summary>The ranges of all that is drawn; null when nothing is.</summary>
    public ChartRange? Range()
    {
        ChartRange? range = null;
        foreach (var series in _series)
        {
            for (var i = 0; i < series.Count; i++)
            {
                var (time, value) = series[i];
                range = range is not { } r
                    ? new ChartRange(time, time, value, value)
                    : new ChartRange(time < r.From ? time : r.From, time > r.To ? time : r.To, Math.Min(r.Min, value), Math.Max(r.Max, value));
            }
        }

        return range;
    }

    private ChartSeries? SeriesOf(DeviceId device)
    {
        foreach (var series in _series)
        {
            if (series.Device == device)
                return series;
        }

        if (_series.Count >= MaxSeries)
            return null;
        var added = new ChartSeries(device);
        _series.Add(added);
        return added;
    }
}

/// <summary>From when to when, and from which value to which.</summary>
public readonly record struct ChartRange(DateTimeOffset From, DateTimeOffset To, double Min, double Max);

/// <summary>The newest points of one device.</summary>
public sealed class ChartSeries(DeviceId device)
{
    private readonly (DateTimeOffset Time, double Value)[] _points = new (DateTimeOffset, double)[LiveChart.MaxPoints];
    private int _start;

    public DeviceId Device { get; } = device;

    public int Count { get; private set; }

    public (DateTimeOffset Time, double Value) this[int index] => _points[(_start + index) % _points.Length];

    /// <summary>The point nearest to a moment; null while there is none.</summary>
    public (DateTimeOffset Time, double Value)? Nearest(DateTimeOffset moment)
    {
        (DateTimeOffset Time, double Value)? nearest = null;
        for (var i = 0; i < Count; i++)
        {
            var point = this[i];
            if (nearest is not { } best || (point.Time - moment).Duration() < (best.Time - moment).Duration())
                nearest = point;
        }

        return nearest;
    }

    public void Add(DateTimeOffset time, double value)
    {
        if (Count < _points.Length)
        {
            _points[(_start + Count++) % _points.Length] = (time, value);
            return;
        }

        _points[_start] = (time, value);
        _start = (_start + 1) % _points.Length;
    }
}
