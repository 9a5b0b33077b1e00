using System.Collections.Immutable;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// One delivery that is under way: made by the dispatcher, filled by the link with what it has evidence of. Its lines go into the history
/// with the settlement, or before that when it takes long. Safe from any thread.
/// </summary>
internal sealed class Delivery(DeviceBoundMessage message, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _lockEnd = new();
    private ImmutableArray<DeviceBoundHistoryEntry> _unstored = [];

    public DeviceBoundMessage Message { get; } = message;

    /// <summary>The key to its settlement.</summary>
    public Guid Token { get; } = message.Entry.Lock!.Token;

    /// <summary>Cancelled when the lock has ended.</summary>
    public CancellationToken LockEnded => _lockEnd.Token;

    /// <summary>When it was begun, as a timestamp.</summary>
    public long Begun { get; } = time.GetTimestamp();

    /// <summary>Notes that it was written to the device's connection.</summary>
    public void Sent(string place) => Note(DeviceBoundEvent.Sent, DeviceBoundRules.Hub, place);

    /// <summary>Notes that the device's protocol acknowledged its arrival, which settles nothing.</summary>
    public void Arrived(string place) => Note(DeviceBoundEvent.Delivered, DeviceBoundRules.Device, place);

    /// <summary>What is not in the history yet; from now on it is the caller's to store.</summary>
    public ImmutableArray<DeviceBoundHistoryEntry> TakeUnstored()
    {
        lock (_lock)
        {
            var taken = _unstored;
            _unstored = [];
            return taken;
        }
    }

    /// <summary>Gives back lines that could not be stored.</summary>
    public void PutBack(ImmutableArray<DeviceBoundHistoryEntry> lines)
    {
        lock (_lock)
            _unstored = lines.AddRange(_unstored);
    }

    /// <summary>Ends the lock: whoever waits for the device waits no longer.</summary>
    public void EndLock()
    {
        try
        {
            _lockEnd.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was settled in the same moment.
        }
    }

    public void Dispose() => _lockEnd.Dispose();

    private void Note(DeviceBoundEvent what, string by, string place)
    {
        var line = new DeviceBoundHistoryEntry(time.GetUtcNow(), what, by, place);
        lock (_lock)
            _unstored = _unstored.Add(line);
    }
}
