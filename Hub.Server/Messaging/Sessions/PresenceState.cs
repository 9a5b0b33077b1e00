using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// Whose presence is to be written. Owned by <see cref="ConnectionHistoryWriter"/>, used by its task only. What is written is what
/// <see cref="SessionTable"/> says at that moment, not what the last event said: events of racing connections may come out of order.
/// </summary>
internal sealed class PresenceState(SessionTable sessions)
{
    private const string LostReason = "The connection ended while too many devices came and went to note why.";

    private readonly Dictionary<DeviceId, Touched> _touched = [];
    private readonly Dictionary<DeviceId, (string GenerationId, DateTimeOffset Activity)> _writtenAsConnected = [];

    /// <summary>The devices of these lines have to be written.</summary>
    public void Touch(IEnumerable<HistoryLine> lines)
    {
        foreach (var (entry, link) in lines)
        {
            if (link is null)
                continue;
            var ended = entry.Event == ConnectionEvent.Disconnected;
            _touched[entry.DeviceId] = ended || !_touched.TryGetValue(entry.DeviceId, out var before) || before.Reason is null
                ? new Touched(link.GenerationId, entry.Time, ended ? link.LastActivityTime : null, ended ? entry.Reason : null)
                : before with { GenerationId = link.GenerationId };
        }
    }

    /// <summary>Events were lost: every device that is connected, or was written as such, has to be written.</summary>
    public void TouchAll(DateTimeOffset now)
    {
        foreach (var (id, written) in _writtenAsConnected)
            _touched.TryAdd(id, new Touched(written.GenerationId, now, null, LostReason));
        foreach (var link in sessions.Links)
            _touched.TryAdd(link.DeviceId, new Touched(link.GenerationId, now, null, null));
    }

    public List<PresenceUpdate> Updates() => [.. _touched.Select(pair => UpdateOf(pair.Key, pair.Value))];

    /// <summary>The updates are stored.</summary>
    public void Written()
    {
        foreach (var id in _touched.Keys)
        {
            if (sessions.TryGet(id, out var link))
                _writtenAsConnected[id] = (link.GenerationId, link.LastActivityTime);
            else
                _writtenAsConnected.Remove(id);
        }

        _touched.Clear();
    }

    /// <summary>The live links that were heard since they were last written.</summary>
    public IEnumerable<PresenceUpdate> ActivityUpdates()
    {
        foreach (var link in sessions.Links)
        {
            var activity = link.LastActivityTime;
            // One that is not written as connected yet comes with the next batch.
            if (!_writtenAsConnected.TryGetValue(link.DeviceId, out var written) || written.Activity == activity)
                continue;
            _writtenAsConnected[link.DeviceId] = (link.GenerationId, activity);
            yield return new PresenceUpdate(link.DeviceId, link.GenerationId, Connected(link));
        }
    }

    private PresenceUpdate UpdateOf(DeviceId id, Touched touched) =>
        sessions.TryGet(id, out var link)
            ? new PresenceUpdate(id, link.GenerationId, Connected(link))
            : new PresenceUpdate(id, touched.GenerationId, new DevicePresence
            {
                ConnectionState = ConnectionState.Disconnected,
                ConnectionStateUpdatedTime = touched.Time,
                LastActivityTime = touched.LastActivity ?? touched.Time,
                DisconnectReason = touched.Reason,
            });

    private static DevicePresence Connected(IDeviceLink link) => new()
    {
        ConnectionState = ConnectionState.Connected,
        ConnectionStateUpdatedTime = link.ConnectedTime,
        LastActivityTime = link.LastActivityTime,
        Protocol = link.Protocol,
    };

    private readonly record struct Touched(string GenerationId, DateTimeOffset Time, DateTimeOffset? LastActivity, string? Reason);
}
