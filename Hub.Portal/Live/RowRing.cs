using Hub.Portal.Messages;

namespace Hub.Portal.Live;

/// <summary>The newest rows up to a fixed number; the oldest make room. Owned by <see cref="LiveState"/>, used by the page's thread.</summary>
public sealed class RowRing(int capacity) : IMessageRows
{
    private readonly MessageRow?[] _rows = new MessageRow?[capacity];
    private int _start;

    public int Count { get; private set; }

    /// <summary>How many rows made room since the ring was last cleared.</summary>
    public long Evicted { get; private set; }

    /// <summary>The row at a place, the oldest at 0.</summary>
    public MessageRow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _rows[(_start + index) % _rows.Length]!;
        }
    }

    public MessageRow? Newest => Count > 0 ? this[Count - 1] : null;

    public void Add(MessageRow row)
    {
        if (Count < _rows.Length)
        {
            _rows[(_start + Count++) % _rows.Length] = row;
            return;
        }

        _rows[_start] = row;
        _start = (_start + 1) % _rows.Length;
        Evicted++;
    }

    public void Clear()
    {
        Array.Clear(_rows);
        (_start, Count, Evicted) = (0, 0, 0);
    }
}
