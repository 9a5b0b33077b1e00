namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Ends messages whose time to live is over, also of devices that are away, within a second of that time; and wakes the dispatcher for
/// those whose time has come. Both by the wall clock, since their senders mean that one.
/// </summary>
internal sealed partial class DeviceBoundSweep(
    IDeviceBoundStore store, DeviceBoundDispatcher dispatcher, TimeProvider time, ILogger<DeviceBoundSweep> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Small enough that whoever else writes waits no more than some tens of milliseconds.
    private const int MaxPerWrite = 250;

    private DateTimeOffset _dueUntil = DateTimeOffset.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
            {
                Log.NotSwept(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        while (await store.FindExpiredAsync(now, MaxPerWrite, cancellationToken) is { IsEmpty: false } expired)
            await store.ChangeAsync(expired, entry => DeviceBoundRules.Expire(entry, now), cancellationToken);

        // A clock that was set back lives through its hours twice: what is due then is found again.
        var after = _dueUntil < now ? _dueUntil : now - Interval;
        foreach (var device in await store.FindDueAsync(after, now, cancellationToken))
            dispatcher.Wake(device);
        _dueUntil = now;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 3, LogLevel.Error, "Expired messages could not be ended; trying again.")]
        public static partial void NotSwept(ILogger logger, Exception exception);
    }
}
