using System.Collections.Immutable;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Lets a caller wait until a message has ended. Costs nothing for messages that nobody waits for. Singleton; safe from any thread.</summary>
internal sealed class DeviceBoundEnds
{
    private readonly IDeviceBoundStore _store;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, List<TaskCompletionSource<DeviceBoundEntry>>> _waiting = [];

    public DeviceBoundEnds(IDeviceBoundStore store)
    {
        _store = store;
        store.Committed += OnCommitted;
    }

    /// <summary>Waits until the message has ended; null when the time is over before, or there is no such message.</summary>
    public async ValueTask<DeviceBoundEntry?> WaitAsync(long id, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        // Before it is looked up: it may end in between.
        var waiting = new TaskCompletionSource<DeviceBoundEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(id, waiting);
        try
        {
            if (await _store.FindAsync(id, cancellationToken) is not { } found)
                return null;
            return found.Entry.IsActive ? await waiting.Task.WaitAsync(atMost, time, cancellationToken) : found.Entry;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            Remove(id, waiting);
        }
    }

    private void Add(long id, TaskCompletionSource<DeviceBoundEntry> waiting)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(id, out var all))
                _waiting.Add(id, all = []);
            all.Add(waiting);
        }
    }

    private void Remove(long id, TaskCompletionSource<DeviceBoundEntry> waiting)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(id, out var all) && all.Remove(waiting) && all.Count == 0)
                _waiting.Remove(id);
        }
    }

    private void OnCommitted(ImmutableArray<DeviceBoundTransition> changes)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return;
            foreach (var change in changes)
            {
                if (change.Ends && _waiting.TryGetValue(change.After.Id, out var all))
                    all.ForEach(waiting => waiting.TrySetResult(change.After));
            }
        }
    }
}
