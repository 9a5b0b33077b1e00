using System.IO.Hashing;

namespace Hub.Server.Storage.Blocks;

/// <summary>The property sets of the block being written, each once: a fleet sends the same few over and over.</summary>
internal sealed class PropertySets
{
    private readonly GrowingBuffer _sets = new(4 * 1024);
    private readonly GrowingBuffer _candidate = new(4 * 1024);
    private readonly SlotTable _slots = new();
    private readonly List<uint> _hashes = [];
    private readonly List<(int Start, int Length)> _places = [];
    private IReadOnlyList<KeyValuePair<string, string>>? _lastItems;
    private uint _lastReference;
    private IReadOnlyList<KeyValuePair<string, string>>? _lastSystemItems;
    private uint _lastSystemReference;

    public int Size => _sets.Length;

    public void Clear()
    {
        _sets.Clear();
        _slots.Clear();
        _hashes.Clear();
        _places.Clear();
        _lastItems = _lastSystemItems = null;
    }

    /// <summary>The reference of a set of application properties.</summary>
    public uint Add(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        // The usual case first: a sender without properties, or one that sends the same as before.
        if (ReferenceEquals(items, _lastItems))
            return _lastReference;
        _lastItems = items;
        return _lastReference = items.Count == 0 ? 0 : Encode(items);
    }

    /// <summary>The reference of a set of system properties.</summary>
    public uint AddSystem(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        if (ReferenceEquals(items, _lastSystemItems))
            return _lastSystemReference;
        _lastSystemItems = items;
        return _lastSystemReference = items.Count == 0 ? 0 : Encode(items);
    }

    public void WriteTo(GrowingBuffer block)
    {
        block.WriteVarint((uint)_hashes.Count);
        block.Write(_sets.Written);
    }

    private uint Encode(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        _candidate.Clear();
        _candidate.WriteVarint((uint)items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            _candidate.WriteText(items[i].Key);
            _candidate.WriteText(items[i].Value);
        }

        var bytes = _candidate.Written;
        var hash = (uint)XxHash3.HashToUInt64(bytes);
        for (var step = 0; ; step++)
        {
            var entry = _slots.Probe(hash, step);
            if (entry < 0)
                break;
            var (start, length) = _places[entry];
            if (_hashes[entry] == hash && _sets.Written.Slice(start, length).SequenceEqual(bytes))
                return (uint)entry + 1;
        }

        _sets.WriteVarint((uint)bytes.Length);
        _places.Add((_sets.Length, bytes.Length));
        _sets.Write(bytes);
        _hashes.Add(hash);
        _slots.Add(_hashes);
        return (uint)_hashes.Count;
    }
}
