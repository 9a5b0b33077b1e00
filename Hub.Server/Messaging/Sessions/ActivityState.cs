using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// When devices without a connection were last heard: over HTTP each request stands alone. Owned by
/// <see cref="ConnectionHistoryWriter"/>; noted from any thread. The first request of a minute is written at once and the last one at its
/// end, so that a device costs at most two writes a minute however much it sends. Holds registered devices only, one entry each.
/// </summary>
internal sealed class ActivityState
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceId, (ActivityUpdate Last, bool IsTaken)> _minute = [];
    private List<ActivityUpdate> _due = [];

    public void Note(DeviceId id, string generationId, DateTimeOffset time)
    {
        var heard = new ActivityUpdate(id, generationId, time);
        lock (_lock)
        {
            var first = !_minute.ContainsKey(id);
            _minute[id] = (heard, first);
            if (first)
                _due.Add(heard);
        }
    }

    /// <summary>Takes what is to be written now.</summary>
    public IReadOnlyList<ActivityUpdate> Take(bool minuteIsOver)
    {
        lock (_lock)
        {
            if (minuteIsOver)
            {
                _due.AddRange(_minute.Values.Where(heard => !heard.IsTaken).Select(heard => heard.Last));
                _minute.Clear();
            }

            if (_due.Count == 0)
                return [];
            var taken = _due;
            _due = [];
            return taken;
        }
    }
}
