using System.Collections.Concurrent;
using System.Collections.Immutable;
using Hub.Shared.CloudToDevice;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Ends the locks that only time ends: those of requests, which have no connection to end with. The time is measured, not read off the wall
/// clock, which may jump. Singleton.
/// </summary>
internal sealed partial class RequestLocks : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly DeviceBoundQueue _queue;
    private readonly IDeviceBoundStore _store;
    private readonly TimeSpan _lockDuration;
    private readonly TimeProvider _time;
    private readonly ILogger<RequestLocks> _logger;
    private readonly ConcurrentDictionary<long, Held> _held = new();

    public RequestLocks(
        DeviceBoundQueue queue, IDeviceBoundStore store, IOptions<CloudToDeviceOptions> options, TimeProvider time, ILogger<RequestLocks> logger)
    {
        (_queue, _store, _lockDuration, _time, _logger) = (queue, store, options.Value.LockDuration, time, logger);
        store.Committed += OnCommitted;
    }

    /// <summary>A restart ends no request's lock: what was left of its time goes on.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        foreach (var entry in await _store.ListLockedAsync(cancellationToken))
        {
            if (entry.Lock is { Holder: null } held)
                _held[entry.Id] = new Held(held.Token, _time.GetTimestamp(), TimeSpan.FromTicks(Math.Clamp((held.Until - now).Ticks, 0, _lockDuration.Ticks)));
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (id, held) in _held)
            {
                if (_time.GetElapsedTime(held.Since) >= held.Duration)
                    await TryEndAsync(id, held, stoppingToken);
            }
        }
    }

    private async ValueTask TryEndAsync(long id, Held held, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.EndLockAsync(id, held.Token, [], cancellationToken);
            _held.TryRemove(new KeyValuePair<long, Held>(id, held));
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            Log.NotEnded(_logger, id, exception);
        }
    }

    private void OnCommitted(ImmutableArray<DeviceBoundTransition> changes)
    {
        foreach (var change in changes)
        {
            if (change.After is { State: DeviceBoundState.Invisible, Lock: { Holder: null } taken } && change.History[^1].Event == DeviceBoundEvent.Leased)
                _held[change.After.Id] = new Held(taken.Token, _time.GetTimestamp(), _lockDuration);
            else if (change.After.State != DeviceBoundState.Invisible)
                _held.TryRemove(change.After.Id, out _);
        }
    }

    /// <summary>A lock, and how long it holds from when.</summary>
    private readonly record struct Held(Guid Token, long Since, TimeSpan Duration);

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 4, LogLevel.Error, "The lock of message {Id} could not be ended; trying again.")]
        public static partial void NotEnded(ILogger logger, long id, Exception exception);
    }
}
