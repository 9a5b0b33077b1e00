namespace Hub.Server.Streaming;

/// <summary>
/// Keeps an even choice of any number of rows in bounded memory: when it is full it lets every second row go, and from then on takes
/// only every second, fourth, eighth ... that comes. Owned by one stream.
/// </summary>
internal sealed class EvenSample<T>(int maxRows, long maxBytes)
{
    private readonly List<(T Row, int Size)> _kept = [];
    private long _bytes;
    private long _stride = 1;

    /// <summary>How many rows were offered.</summary>
    public long Offered { get; private set; }

    public void Offer(T row, int size)
    {
        if (Offered++ % _stride != 0)
            return;
        _kept.Add((row, size));
        _bytes += size;
        while (_kept.Count > 1 && (_kept.Count > maxRows || _bytes > maxBytes))
            Halve();
    }

    /// <summary>Takes at most <paramref name="rows"/> of what was offered, evenly chosen, in order, and begins anew.</summary>
    public List<T> Take(int rows, long bytes)
    {
        var count = Math.Min(rows, _kept.Count);
        // Large rows: fewer of them, but one at least, since a row larger than the bound would otherwise never be seen.
        if (_bytes > bytes && count > 1)
            count = Math.Clamp((int)(_kept.Count * (double)bytes / _bytes), 1, count);

        var taken = new List<T>(count);
        for (var i = 0; i < count; i++)
            taken.Add(_kept[(int)((long)i * _kept.Count / count)].Row);
        _kept.Clear();
        (_bytes, _stride, Offered) = (0, 1, 0);
        return taken;
    }

    private void Halve()
    {
        var place = 0;
        _bytes = 0;
        for (var i = 0; i < _kept.Count; i += 2)
        {
            _kept[place++] = _kept[i];
            _bytes += _kept[i].Size;
        }

        _kept.RemoveRange(place, _kept.Count - place);
        _stride *= 2;
    }
}
