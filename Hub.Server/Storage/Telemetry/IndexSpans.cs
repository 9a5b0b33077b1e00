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

    // By minute first: a commit's spans mostly lie in one, and a table of plain strings is the quickest there is.
    private readonly Dictionary<long, Dictionary<string, SequenceRange>> _minutes = [];

    public int Count => _minutes.Values.Sum(devices => devices.Count);

    public IEnumerable<(string Device, long Minute, SequenceRange Range)> Items =>
        _minutes.SelectMany(minute => minute.Value.Select(device => (device.Key, minute.Key, device.Value)));

    public void Add(IReadOnlyList<BlockSpan> spans)
    {
        for (var i = 0; i < spans.Count;)
        {
            var minute = spans[i].Minute;
            var devices = DevicesOf(minute);
            var all = new SequenceRange(spans[i].First, spans[i].Last);
            for (; i < spans.Count && spans[i].Minute == minute; i++)
            {
                var range = new SequenceRange(spans[i].First, spans[i].Last);
                Widen(devices, spans[i].Device, range);
                all = Union(all, range);
            }

            Widen(devices, AllDevices, all);
        }
    }

    public void Find(string device, long fromMinute, long toMinute, List<SequenceRange> into)
    {
        foreach (var (minute, devices) in _minutes)
        {
            if (minute >= fromMinute && minute <= toMinute && devices.TryGetValue(device, out var range))
                into.Add(range);
        }
    }

    private Dictionary<string, SequenceRange> DevicesOf(long minute)
    {
        ref var devices = ref CollectionsMarshal.GetValueRefOrAddDefault(_minutes, minute, out _);
        return devices ??= [];
    }

    private static void Widen(Dictionary<string, SequenceRange> devices, string device, SequenceRange by)
    {
        ref var range = ref CollectionsMarshal.GetValueRefOrAddDefault(devices, device, out var exists);
        range = exists ? Union(range, by) : by;
    }

    private static SequenceRange Union(SequenceRange one, SequenceRange other) =>
        new(Math.Min(one.First, other.First), Math.Max(one.Last, other.Last));
}
