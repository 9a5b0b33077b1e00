namespace Hub.Server.Storage.Blocks;

/// <summary>
/// An open-addressed table from a hash to entry numbers that is emptied in no time, however large it once grew: each block of one
/// message would otherwise pay for the largest block before it.
/// </summary>
internal sealed class SlotTable
{
    private long[] _slots = new long[64];
    private int _generation = 1;
    private int _count;

    public void Clear()
    {
        _count = 0;
        if (++_generation == int.MaxValue)
        {
            Array.Clear(_slots);
            _generation = 1;
        }
    }

    /// <summary>The entry number at the probe, or -1 where the search ends. Probe with rising <paramref name="step"/> from 0.</summary>
    public int Probe(uint hash, int step)
    {
        var slot = _slots[(hash + (uint)step) & (uint)(_slots.Length - 1)];
        return (int)(slot >> 32) == _generation ? (int)slot : -1;
    }

    /// <summary>Adds the next entry; <paramref name="hashes"/> holds those of all entries so far, the new one included.</summary>
    public void Add(List<uint> hashes)
    {
        _count++;
        if (_count * 2 > _slots.Length)
        {
            _slots = new long[_slots.Length * 4];
            for (var entry = 0; entry < _count; entry++)
                Place(hashes[entry], entry);
        }
        else
        {
            Place(hashes[_count - 1], _count - 1);
        }
    }

    private void Place(uint hash, int entry)
    {
        var mask = (uint)(_slots.Length - 1);
        var at = hash & mask;
        while ((int)(_slots[at] >> 32) == _generation)
            at = (at + 1) & mask;
        _slots[at] = ((long)_generation << 32) | (uint)entry;
    }
}
