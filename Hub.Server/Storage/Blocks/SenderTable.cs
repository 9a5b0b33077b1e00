using System.Runtime.CompilerServices;
using Hub.Server.Messaging;

namespace Hub.Server.Storage.Blocks;

/// <summary>
/// The senders of the block being written, each once, with the places of their messages. Known by reference, since all messages of
/// one connection share one <see cref="MessageSender"/>.
/// </summary>
internal sealed class SenderTable
{
    private readonly SlotTable _slots = new();
    private readonly List<uint> _hashes = [];
    private readonly List<MessageSender> _senders = [];
    private readonly List<int> _openSpans = [];
    private readonly List<BlockSpan> _spans = [];
    private MessageSender? _last;
    private int _lastEntry;

    /// <summary>Where each sender's messages are, minute by minute.</summary>
    public IReadOnlyList<BlockSpan> Spans => _spans;

    public void Clear()
    {
        _slots.Clear();
        _hashes.Clear();
        _senders.Clear();
        _openSpans.Clear();
        _spans.Clear();
        _last = null;
    }

    /// <summary>The number of the sender, whose messages stand in the given places.</summary>
    public int Add(MessageSender sender, long ticks, long firstSequence, int count)
    {
        var entry = ReferenceEquals(sender, _last) ? _lastEntry : Find(sender);
        _last = sender;
        _lastEntry = entry;

        var minute = ticks / TimeSpan.TicksPerMinute;
        var last = firstSequence + count - 1;
        var open = _openSpans[entry];
        if (open >= 0 && _spans[open].Minute == minute)
        {
            _spans[open] = _spans[open] with { Last = last };
        }
        else
        {
            _openSpans[entry] = _spans.Count;
            _spans.Add(new BlockSpan(sender.DeviceId.Value, minute, firstSequence, last));
        }

        return entry;
    }

    public void WriteTo(GrowingBuffer block)
    {
        block.WriteVarint((uint)_senders.Count);
        string? generation = null, authMethod = null, model = null;
        foreach (var sender in _senders)
        {
            block.WriteText(sender.DeviceId.Value);
            WriteUnlessRepeated(block, sender.GenerationId, ref generation);
            WriteUnlessRepeated(block, sender.AuthMethod, ref authMethod);
            block.WriteVarint(sender.ModelId is null ? 0u : 1u);
            if (sender.ModelId is not null)
                WriteUnlessRepeated(block, sender.ModelId, ref model);
        }
    }

    /// <summary>Most senders of a block prove themselves in the same way, and many are of one model.</summary>
    private static void WriteUnlessRepeated(GrowingBuffer block, string text, ref string? before)
    {
        var repeated = text == before;
        block.WriteVarint(repeated ? 0u : 1u);
        if (!repeated)
            block.WriteText(text);
        before = text;
    }

    private int Find(MessageSender sender)
    {
        var hash = (uint)RuntimeHelpers.GetHashCode(sender) * 2654435769u;
        hash ^= hash >> 15;
        for (var step = 0; ; step++)
        {
            var entry = _slots.Probe(hash, step);
            if (entry < 0)
                break;
            if (ReferenceEquals(_senders[entry], sender))
                return entry;
        }

        _senders.Add(sender);
        _hashes.Add(hash);
        _openSpans.Add(-1);
        _slots.Add(_hashes);
        return _senders.Count - 1;
    }
}

/// <summary>Where the messages of a device in one minute lie, within one block; others' messages may lie between.</summary>
/// <param name="Device">The device's id.</param>
/// <param name="Minute">Whole minutes of the enqueued time's ticks.</param>
/// <param name="First">The first one's sequence number.</param>
/// <param name="Last">The last one's.</param>
internal readonly record struct BlockSpan(string Device, long Minute, long First, long Last);
