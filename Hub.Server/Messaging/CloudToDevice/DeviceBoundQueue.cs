using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.Extensions.Options;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// The entrance for cloud-to-device messages: takes them in, gives them out under a lock, settles them. "Enqueued" means that the message
/// is stored; whatever the answer, the state, the history and the feedback say the same (promise P-4). Called by the API and the heads.
/// Singleton; safe from any thread.
/// </summary>
internal sealed partial class DeviceBoundQueue(
    IDeviceBoundStore store, DeviceBoundRules rules, IngestGate gate, IOptions<CloudToDeviceOptions> options, TimeProvider time, CloudToDeviceMetrics metrics)
{
    // Small enough that whoever else writes waits no more than some tens of milliseconds.
    private const int MaxPerWrite = 250;

    private readonly CloudToDeviceOptions _options = options.Value;

    /// <summary>Stores a message at the end of its device's queue.</summary>
    public async ValueTask<EnqueueResult> EnqueueAsync(DeviceBoundDraft draft, CancellationToken cancellationToken)
    {
        var result = await TryEnqueueAsync(draft, cancellationToken);
        metrics.Sent(result);
        return result;
    }

    private async ValueTask<EnqueueResult> TryEnqueueAsync(DeviceBoundDraft draft, CancellationToken cancellationToken)
    {
        if (gate.Closure is { } closure)
            return new EnqueueResult.Unavailable(closure.Reason);
        var (message, refused) = Prepare(draft);
        return refused ?? await store.EnqueueAsync(message!, _options.MaxQueueDepth, cancellationToken);
    }

    /// <summary>The message to store for a draft, or why there is none: all that can be judged without its device and its queue.</summary>
    public (NewDeviceBound? Message, EnqueueResult? Refused) Prepare(DeviceBoundDraft draft)
    {
        if (DeviceBoundCheck.FindFault(draft.MessageId, draft.Message) is { } bad)
            return (null, new EnqueueResult.Invalid(bad));
        if (draft.Message.Size > _options.MaxMessageSize)
            return (null, new EnqueueResult.TooLarge(_options.MaxMessageSize));
        var now = time.GetUtcNow();
        var from = draft.NotBefore > now ? draft.NotBefore.Value : now;
        var (expiresAt, fault) = ExpiryOf(draft, from, now);
        if (fault is not null)
            return (null, new EnqueueResult.InvalidExpiry(fault));
        var saysHowLong = draft.TimeToLive is not null || draft.ExpiresAt is not null;
        return (new NewDeviceBound(
            WithExpiry(draft.Message, saysHowLong ? expiresAt : null), draft.DeviceId, draft.MessageId ?? Guid.NewGuid().ToString(), draft.MessageId is not null, draft.Ack, now, expiresAt,
            draft.NotBefore > now ? draft.NotBefore : null, draft.By), null);
    }

    /// <summary>Never clamped in silence: what may not be is refused (decision 10).</summary>
    private (DateTimeOffset ExpiresAt, string? Fault) ExpiryOf(DeviceBoundDraft draft, DateTimeOffset from, DateTimeOffset now)
    {
        if (draft.NotBefore - now > _options.MaxTimeToLive)
            return (default, $"A message may be scheduled for at most {_options.MaxTimeToLive:c} from now.");
        var expiresAt = draft.ExpiresAt ?? from + (draft.TimeToLive ?? _options.DefaultTimeToLive);
        if (expiresAt <= from)
            return (default, "The message's time to live is over before it could be delivered.");
        return expiresAt - from > _options.MaxTimeToLive
            ? (default, $"A message may wait for at most {_options.MaxTimeToLive:c}.")
            : (expiresAt, null);
    }

    /// <summary>
    /// The device reads when its message expires only where the sender said so (wire contract, section 2.5), and never what an earlier attempt
    /// of it said.
    /// </summary>
    private static Message WithExpiry(Message message, DateTimeOffset? expiresAt)
    {
        if (expiresAt is null && message.SystemProperties[Names.AbsoluteExpiryTime] is null)
            return message;
        var system = message.SystemProperties.Items.Where(pair => pair.Key != Names.AbsoluteExpiryTime).ToList();
        if (expiresAt is { } end)
            system.Add(new(Names.AbsoluteExpiryTime, end.UtcDateTime.ToString("o", CultureInfo.InvariantCulture)));
        return new Message { Body = message.Body, SystemProperties = SystemProperties.Create(system), Properties = message.Properties };
    }

    /// <summary>Takes from the head of a device's queue, for a delivery.</summary>
    /// <param name="device">The device.</param>
    /// <param name="generationId">Which registration of it.</param>
    /// <param name="max">How many at most.</param>
    /// <param name="holder">The connection that the locks end with; null when only time ends them.</param>
    /// <param name="place">Where they go, for the history.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<ImmutableArray<DeviceBoundMessage>> LeaseAsync(
        DeviceId device, string generationId, int max, string? holder, string place, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return store.LeaseAsync(
            device, generationId, max, now,
            entry => rules.Lease(entry, new DeviceBoundLock(NewToken(), now + _options.LockDuration, holder), now, place),
            cancellationToken);
    }

    /// <summary>Settles a message; false when the lock is lost, and nothing changed.</summary>
    public async ValueTask<bool> SettleAsync(long id, Settlement settlement, CancellationToken cancellationToken) =>
        await ChangeAsync(id, entry => rules.Settle(entry, settlement, time.GetUtcNow()), cancellationToken) is not null;

    /// <summary>Notes that a message that was taken for a request was written into its answer.</summary>
    public ValueTask NoteSentAsync(DeviceBoundMessage message, string place, CancellationToken cancellationToken) => NoteAsync(
        message.Entry.Id, message.Entry.Lock!.Token, [new DeviceBoundHistoryEntry(time.GetUtcNow(), DeviceBoundEvent.Sent, DeviceBoundRules.Hub, place)], cancellationToken);

    /// <summary>Adds to the history of a delivery that is still under way.</summary>
    public async ValueTask NoteAsync(long id, Guid token, ImmutableArray<DeviceBoundHistoryEntry> lines, CancellationToken cancellationToken) =>
        await ChangeAsync(id, entry => DeviceBoundRules.Note(entry, token, lines), cancellationToken);

    /// <summary>Ends a lock whose time is over; does nothing when the message is settled, or locked anew.</summary>
    public async ValueTask EndLockAsync(long id, Guid token, ImmutableArray<DeviceBoundHistoryEntry> before, CancellationToken cancellationToken) =>
        await ChangeAsync(id, entry => rules.EndLock(entry, token, before, time.GetUtcNow()), cancellationToken);

    /// <summary>Ends a lock whose connection is gone.</summary>
    public async ValueTask EndLinkAsync(
        long id, Guid token, bool counts, string place, ImmutableArray<DeviceBoundHistoryEntry> before, CancellationToken cancellationToken) =>
        await ChangeAsync(id, entry => rules.EndLink(entry, token, counts, place, before, time.GetUtcNow()), cancellationToken);

    /// <summary>Gives back a message that could not be written.</summary>
    public async ValueTask GiveBackUnsentAsync(long id, Guid token, string why, CancellationToken cancellationToken) =>
        await ChangeAsync(id, entry => rules.GiveBackUnsent(entry, token, why, time.GetUtcNow()), cancellationToken);

    /// <summary>Settles a message of a device by its lock token, at once or not at all; false when the lock is lost.</summary>
    public async ValueTask<bool> SettleAsync(DeviceId device, Settlement settlement, CancellationToken cancellationToken) =>
        await store.FindByLockAsync(device, settlement.Token, cancellationToken) is { } entry && await SettleAsync(entry.Id, settlement, cancellationToken);

    /// <summary>Cancels a message: one that waits ends at once, one that is locked unless the device completes it first. Null when it has ended.</summary>
    public ValueTask<DeviceBoundTransition?> CancelAsync(long id, string by, CancellationToken cancellationToken) =>
        ChangeAsync(id, entry => DeviceBoundRules.Cancel(entry, by, time.GetUtcNow()), cancellationToken);

    /// <summary>Ends all that is in a device's queue, locked or not; returns how many messages.</summary>
    public async ValueTask<int> PurgeAsync(DeviceId device, string by, CancellationToken cancellationToken)
    {
        var purged = 0;
        while (await store.ListQueueAsync(device, MaxPerWrite, cancellationToken) is { IsEmpty: false } queued)
            purged += (await store.ChangeAsync(queued, entry => DeviceBoundRules.Purge(entry, by, null, time.GetUtcNow()), cancellationToken)).Length;
        return purged;
    }

    /// <summary>Sends a dead letter again, as a message of its own that names it; changed where the draft says so.</summary>
    /// <param name="id">The dead letter.</param>
    /// <param name="change">Makes the message to send of the one that failed.</param>
    /// <param name="timeToLive">How long it may wait; null for the default.</param>
    /// <param name="by">Who sends it again.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<ResubmitResult> ResubmitAsync(long id, Func<Message, Message> change, TimeSpan? timeToLive, string by, CancellationToken cancellationToken)
    {
        if (gate.Closure is { } closure)
            return new ResubmitResult.Refused(new EnqueueResult.Unavailable(closure.Reason));
        if (await store.FindAsync(id, cancellationToken) is not { } failed)
            return new ResubmitResult.NotFound();
        // What can be judged by the message alone is judged before the transaction; a dead letter's message does not change.
        var message = change(failed.Message);
        if ((JudgeLife(timeToLive) ?? Judge(message)) is { } refused)
            return new ResubmitResult.Refused(refused);
        return await store.ResubmitAsync(id, origin => Again(origin, message, timeToLive, by), _options.MaxQueueDepth, cancellationToken);
    }

    /// <summary>The message that sends a dead letter again.</summary>
    public NewDeviceBound Again(DeviceBoundMessage origin, Message message, TimeSpan? timeToLive, string by)
    {
        var now = time.GetUtcNow();
        var expiresAt = now + (timeToLive ?? _options.DefaultTimeToLive);
        return new NewDeviceBound(
            WithExpiry(message, timeToLive is null ? null : expiresAt), origin.Entry.DeviceId, origin.Entry.MessageId, true, origin.Entry.Ack, now, expiresAt, null, by, origin.Entry);
    }

    /// <summary>Why no message may wait for so long; null when it may.</summary>
    public EnqueueResult? JudgeLife(TimeSpan? timeToLive) => timeToLive > _options.MaxTimeToLive
        ? new EnqueueResult.InvalidExpiry($"A message may wait for at most {_options.MaxTimeToLive:c}.")
        : null;

    private EnqueueResult? Judge(Message message) =>
        DeviceBoundCheck.FindFault(null, message) is { } bad ? new EnqueueResult.Invalid(bad)
        : message.Size > _options.MaxMessageSize ? new EnqueueResult.TooLarge(_options.MaxMessageSize)
        : null;

    /// <summary>Writes a note into a message's history; false when there is no such message.</summary>
    public async ValueTask<bool> RemarkAsync(long id, string text, string by, CancellationToken cancellationToken) =>
        await ChangeAsync(id, entry => DeviceBoundRules.Remark(entry, text, by, time.GetUtcNow()), cancellationToken) is not null;

    /// <summary>Deletes a dead letter for good; false when there is none of that id.</summary>
    public async ValueTask<bool> DeleteDeadAsync(long id, CancellationToken cancellationToken) => (await store.DeleteDeadAsync([id], cancellationToken)).Length == 1;

    /// <summary>Deletes dead letters for good: those that match and were there when it began; returns how many.</summary>
    public async ValueTask<int> DeleteDeadAsync(DeadLetterQuery query, CancellationToken cancellationToken)
    {
        query = query with { Limit = MaxPerWrite, Cursor = null, To = query.To ?? time.GetUtcNow() };
        var deleted = 0;
        while (true)
        {
            var page = await store.ListDeadAsync(query, cancellationToken);
            deleted += (await store.DeleteDeadAsync([.. page.Items.Select(message => message.Entry.Id)], cancellationToken)).Length;
            if (page.NextCursor is null)
                return deleted;
            query = query with { Cursor = page.NextCursor };
        }
    }

    private async ValueTask<DeviceBoundTransition?> ChangeAsync(long id, DeviceBoundRule rule, CancellationToken cancellationToken) =>
        await store.ChangeAsync([id], rule, cancellationToken) is [var changed] ? changed : null;

    /// <summary>128 random bits.</summary>
    private static Guid NewToken() => new(RandomNumberGenerator.GetBytes(16));
}
