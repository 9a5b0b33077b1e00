namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// How much waits for a commit, and the way to wait until it is little enough again. One of the <see cref="MessageWriter"/>; safe from
/// any thread.
/// </summary>
internal sealed class WaitingBytes(long limit)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _room;
    private long _bytes;

    public bool HasRoom => Interlocked.Read(ref _bytes) < limit;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Release(long bytes)
    {
        if (Interlocked.Add(ref _bytes, -bytes) >= limit)
            return;
        lock (_lock)
        {
            _room?.TrySetResult();
            _room = null;
        }
    }

    /// <summary>Completes when there is room; there may be none again by the time the caller goes on.</summary>
    public Task WhenRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (HasRoom)
                return Task.CompletedTask;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }
}
