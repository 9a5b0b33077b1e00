using Hub.Shared.Devices;
using Hub.Shared.Operations;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// What was refused, a line for each device and reason, so that a device which knocks every second takes one. Strangers choose what
/// stands here: when it is full, the line that was longest without a new attempt goes. Safe from any thread.
/// </summary>
internal sealed class RefusalList
{
    internal const int MaxLines = 500;

    private readonly Lock _lock = new();
    private readonly Dictionary<Cause, LinkedListNode<Refusal>> _lines = [];
    private readonly LinkedList<Refusal> _latestFirst = [];
    private long _total;

    /// <summary>How many there were, also those whose line is gone.</summary>
    public long Total => Interlocked.Read(ref _total);

    public void Add(RefusedPeer peer, string reason, bool isRegistered, DateTimeOffset time)
    {
        lock (_lock)
        {
            _total++;
            var cause = new Cause(peer.DeviceId, reason);
            if (_lines.TryGetValue(cause, out var line))
                _latestFirst.Remove(line);
            else
                _lines[cause] = line = new LinkedListNode<Refusal>(First(peer, reason, isRegistered, time));
            line.Value = line.Value with
            {
                IsRegistered = isRegistered,
                Count = line.Value.Count + 1,
                LastTime = time,
                Protocol = peer.Protocol,
                RemoteAddress = peer.RemoteAddress,
                ConnectionId = peer.ConnectionId,
            };
            _latestFirst.AddFirst(line);
            if (_lines.Count <= MaxLines)
                return;
            var oldest = _latestFirst.Last!;
            _lines.Remove(new Cause(oldest.Value.DeviceId, oldest.Value.Reason));
            _latestFirst.RemoveLast();
        }
    }

    /// <summary>The lines, the latest first.</summary>
    public Refusal[] ToArray()
    {
        lock (_lock)
            return [.. _latestFirst];
    }

    private static Refusal First(RefusedPeer peer, string reason, bool isRegistered, DateTimeOffset time) => new()
    {
        DeviceId = peer.DeviceId,
        IsRegistered = isRegistered,
        Reason = reason,
        Count = 0,
        FirstTime = time,
        LastTime = time,
        Protocol = peer.Protocol,
        RemoteAddress = peer.RemoteAddress,
        ConnectionId = peer.ConnectionId,
    };

    private readonly record struct Cause(DeviceId? DeviceId, string Reason);
}
