using System.Collections.Concurrent;
using System.Collections.Immutable;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Brings what waits to the devices that are there.
/// 1. It is woken for a device: a message was stored or came back, the device subscribed, or has room again.
/// 2. It takes from the head of the queue as many as the device's link has room for, and hands them over in order.
/// 3. What becomes of each is settled when its link says so. What a settlement needs is tried until the store takes it: until then the
///    message stays locked, and nothing of it is lost.
/// One task for each device with something to do, none for the others. Singleton.
/// </summary>
internal sealed partial class DeviceBoundDispatcher : BackgroundService
{
    internal static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>After so long the history tells of a delivery that is not settled yet.</summary>
    internal static readonly TimeSpan NoteAfter = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly DeviceBoundQueue _queue;
    private readonly IDeviceBoundStore _store;
    private readonly SessionTable _sessions;
    private readonly TimeSpan _lockDuration;
    private readonly TimeProvider _time;
    private readonly ILogger<DeviceBoundDispatcher> _logger;

    /// <summary>The devices that are being served, and whether to look again at the end.</summary>
    private readonly ConcurrentDictionary<DeviceId, bool> _serving = new();

    /// <summary>
    /// The devices whose queue had nothing more to give when it was last asked: room that comes free brings nothing then, and the store is
    /// not asked for it with each acknowledgement. What is stored or comes back takes a device out.
    /// </summary>
    private readonly ConcurrentDictionary<DeviceId, bool> _drained = new();

    private readonly ConcurrentDictionary<Delivery, bool> _underWay = new();
    private CancellationToken _stopping;

    public DeviceBoundDispatcher(
        DeviceBoundQueue queue, IDeviceBoundStore store, SessionTable sessions, IOptions<CloudToDeviceOptions> options, TimeProvider time,
        ILogger<DeviceBoundDispatcher> logger)
    {
        (_queue, _store, _sessions, _lockDuration, _time, _logger) = (queue, store, sessions, options.Value.LockDuration, time, logger);
        store.Committed += OnCommitted;
        sessions.Removed += (link, reason) => _drained.TryRemove(link.DeviceId, out _);
    }

    /// <summary>A device has room again: looks whether more waits for it. Returns at once.</summary>
    public void RoomCameFree(DeviceId device)
    {
        if (!_drained.ContainsKey(device))
            Wake(device);
    }

    /// <summary>Looks whether something waits for a device that can take it: it has come, or its queue has more to give. Returns at once.</summary>
    public void Wake(DeviceId device)
    {
        _drained.TryRemove(device, out _);
        if (RoomOf(device, out _) <= 0)
            return;
        while (true)
        {
            if (_serving.TryAdd(device, false))
            {
                _ = ServeAsync(device);
                return;
            }

            // Whoever serves it looks again, unless he has just gone.
            if (_serving.TryUpdate(device, true, false) || _serving.ContainsKey(device))
                return;
        }
    }

    /// <summary>What connections held when the hub last ended goes back to the queues (decision 8). Before the doors open.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var held in (await _store.ListLockedAsync(cancellationToken)).Where(entry => entry.Lock!.Holder is not null).GroupBy(entry => entry.Lock!.Holder))
        {
            var counts = true;
            foreach (var entry in held)
            {
                await _queue.EndLinkAsync(entry.Id, entry.Lock!.Token, counts, "the hub was stopped or restarted", [], cancellationToken);
                counts = false;
            }
        }

        await base.StartAsync(cancellationToken);
    }

    /// <summary>Ends locks whose time is over, and lets the history tell of what takes long.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        using var timer = new PeriodicTimer(CheckInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // Together, so that many slow devices do not wait for each other: the store takes them in groups.
            var notes = new List<Task>();
            foreach (var (delivery, _) in _underWay)
            {
                var age = _time.GetElapsedTime(delivery.Begun);
                if (age >= _lockDuration)
                    delivery.EndLock();
                else if (age >= NoteAfter)
                    notes.Add(TryNoteAsync(delivery, stoppingToken));
            }

            await Task.WhenAll(notes);
        }
    }

    private void OnCommitted(ImmutableArray<DeviceBoundTransition> changes)
    {
        foreach (var change in changes)
        {
            if (change.After.State == DeviceBoundState.Enqueued)
                Wake(change.After.DeviceId);
        }
    }

    /// <summary>How many messages the device would take, over which link.</summary>
    private int RoomOf(DeviceId device, out IDeviceBoundLink? link)
    {
        link = _sessions.TryGet(device, out var found) ? found as IDeviceBoundLink : null;
        return link?.DeliveryRoom ?? 0;
    }

    private async Task ServeAsync(DeviceId device)
    {
        // Not on the thread of whoever woke it, which has others to tell.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        do
        {
            _serving[device] = false;
            try
            {
                await DispatchAsync(device);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Log.NotLeased(_logger, device, exception);
                await Task.Delay(RetryInterval, _time, _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _serving[device] = !_stopping.IsCancellationRequested;
            }
        }
        while (!_serving.TryRemove(new KeyValuePair<DeviceId, bool>(device, false)) && !_stopping.IsCancellationRequested);
    }

    private async ValueTask DispatchAsync(DeviceId device)
    {
        while (RoomOf(device, out var link) is var room and > 0)
        {
            // Before it is asked: what is stored after that takes it back.
            _drained[device] = true;
            var taken = await _queue.LeaseAsync(device, link!.GenerationId, room, link.ConnectionId, $"to {link.Protocol}, connection {link.ConnectionId}", CancellationToken.None);
            foreach (var message in taken)
                _ = DeliverAsync(link, new Delivery(message, _time));
            // Fewer than asked for: that was all.
            if (taken.Length < room)
                return;
            _drained.TryRemove(device, out _);
        }
    }

    private async Task DeliverAsync(IDeviceBoundLink link, Delivery delivery)
    {
        _underWay.TryAdd(delivery, true);
        try
        {
            var outcome = await link.DeliverAsync(delivery);
            while (!await TrySettleAsync(delivery, outcome))
                await Task.Delay(RetryInterval, _time, CancellationToken.None);
        }
        finally
        {
            _underWay.TryRemove(delivery, out _);
            delivery.Dispose();
        }

        RoomCameFree(link.DeviceId);
    }

    private async ValueTask<bool> TrySettleAsync(Delivery delivery, DeliveryOutcome outcome)
    {
        var before = delivery.TakeUnstored();
        try
        {
            await SettleAsync(delivery.Message.Entry.Id, delivery.Token, outcome, before);
            return true;
        }
        catch (ObjectDisposedException)
        {
            // The hub has stopped: the next start gives it back.
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            delivery.PutBack(before);
            Log.NotSettled(_logger, delivery.Message.Entry.Id, exception);
            return _stopping.IsCancellationRequested;
        }
    }

    private async ValueTask SettleAsync(long id, Guid token, DeliveryOutcome outcome, ImmutableArray<DeviceBoundHistoryEntry> before)
    {
        switch (outcome.Kind)
        {
            case DeliveryOutcomeKind.TimedOut:
                await _queue.EndLockAsync(id, token, before, CancellationToken.None);
                return;
            case DeliveryOutcomeKind.LinkLost:
                await _queue.EndLinkAsync(id, token, outcome.Counts, outcome.Place, before, CancellationToken.None);
                return;
            case DeliveryOutcomeKind.Settled:
                return;
            case DeliveryOutcomeKind.NotSent:
                await _queue.GiveBackUnsentAsync(id, token, outcome.Place, CancellationToken.None);
                return;
        }

        var settlement = new Settlement
        {
            Kind = outcome.Kind switch
            {
                DeliveryOutcomeKind.Completed => SettlementKind.Complete,
                DeliveryOutcomeKind.Rejected => SettlementKind.Reject,
                _ => SettlementKind.Abandon,
            },
            Token = token,
            Place = outcome.Place,
            Description = outcome.Description,
            Before = before,
        };
        await _queue.SettleAsync(id, settlement, CancellationToken.None);
    }

    private async Task TryNoteAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var lines = delivery.TakeUnstored();
        if (lines.IsEmpty)
            return;
        try
        {
            await _queue.NoteAsync(delivery.Message.Entry.Id, delivery.Token, lines, cancellationToken);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            // They are stored with the settlement, then.
            delivery.PutBack(lines);
            Log.NotSettled(_logger, delivery.Message.Entry.Id, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 1, LogLevel.Error, "Messages for {DeviceId} could not be taken from its queue; trying again.")]
        public static partial void NotLeased(ILogger logger, DeviceId deviceId, Exception exception);

        [LoggerMessage(EventIds.CloudToDevice + 2, LogLevel.Error, "What became of the delivery of message {Id} could not be stored; trying again.")]
        public static partial void NotSettled(ILogger logger, long id, Exception exception);
    }
}
