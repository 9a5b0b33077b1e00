using System.Runtime.InteropServices;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// Where each device's messages of each minute lie in a partition, gathered in memory; under the empty name, where the minute's lie
/// of whichever device. Not synchronised: its owner is.
/// </summary>
internal sealed class IndexSpans
{
    /// <summary>Stands for all devices; no device can bear it.</summary>
    public const string AllDevices = "";

    private readonly Dictionary<(string Device, long Minute), SequenceRange> _spans = [];
    private readonly HashSet<long> _minutes = [];

    public int Count => _spans.Count;

    public IEnumerable<KeyValuePair<(string Device, long Minute), SequenceRange>> Items => _spans;

    public void Add(IReadOnlyList<BlockSpan> spans)
    {
        if (spans.Count == 0)
            return;
        // A commit's spans mostly lie in one minute: what all devices have in common is widened once for them.
        var (minute, first, last) = (spans[0].Minute, spans[0].First, spans[0].Last);
        for (var i = 0; i < spans.Count; i++)
        {
            var span = spans[i];
            Widen((span.Device, span.Minute), span.First, span.Last);
            if (span.Minute != minute)
            {
                WidenAll(minute, first, last);
                (minute, first, last) = (span.Minute, span.First, span.Last);
            }

            first = Math.Min(first, span.First);
            last = Math.Max(last, span.Last);
        }

        WidenAll(minute, first, last);
    }

    public void Find(string device, long fromMinute, long toMinute, List<SequenceRange> into)
    {
        foreach (var minute in _minutes)
        {
            if (minute >= fromMinute && minute <= toMinute && _spans.TryGetValue((device, minute), out var range))
                into.Add(range);
        }
    }

    public void Clear()
    {
        _spans.Clear();
        _minutes.Clear();
    }

    private void WidenAll(long minute, long first, long last)
    {
        Widen((AllDevices, minute), first, last);
        _minutes.Add(minute);
    }

    private void Widen((string Device, long Minute) key, long first, long last)
    {
        ref var range = ref CollectionsMarshal.GetValueRefOrAddDefault(_spans, key, out var exists);
        range = exists ? new SequenceRange(Math.Min(range.First, first), Math.Max(range.Last, last)) : new SequenceRange(first, last);
    }
}
