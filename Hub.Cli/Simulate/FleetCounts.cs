using System.Collections.Concurrent;

namespace Hub.Cli.Simulate;

/// <summary>What a fleet did so far; any of its tasks may count.</summary>
internal sealed class FleetCounts
{
    private readonly ConcurrentDictionary<string, (int Devices, string Example)> _troubles = new(StringComparer.Ordinal);
    private long _connected;
    private long _reached;
    private long _sent;
    private long _acknowledged;
    private long _failed;

    public long Connected => Interlocked.Read(ref _connected);

    /// <summary>Whether the server has ever answered a device, be it with a refusal.</summary>
    public bool Reached => Interlocked.Read(ref _reached) > 0;

    public long Sent => Interlocked.Read(ref _sent);

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Messages that were sent and not acknowledged.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    public void CountReached() => Interlocked.Increment(ref _reached);

    public void CountConnected(int change) => Interlocked.Add(ref _connected, change);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountAcknowledged() => Interlocked.Increment(ref _acknowledged);

    public void CountFailed() => Interlocked.Increment(ref _failed);

    /// <summary>Notes why a device cannot speak.</summary>
    public void Trouble(string device, string reason) => _troubles.AddOrUpdate(reason, _ => (1, device), (_, known) => (known.Devices + 1, known.Example));

    /// <summary>The troubles since they were taken last.</summary>
    public IEnumerable<(string Reason, int Devices, string Example)> TakeTroubles()
    {
        foreach (var reason in _troubles.Keys)
        {
            if (_troubles.TryRemove(reason, out var trouble))
                yield return (reason, trouble.Devices, trouble.Example);
        }
    }
}
