using System.Collections.Immutable;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>A rule of <see cref="DeviceBoundRules"/>: what becomes of a message, or null when nothing does. Called inside the transaction, perhaps twice.</summary>
internal delegate DeviceBoundTransition? DeviceBoundRule(DeviceBoundEntry entry);

/// <summary>
/// Where cloud-to-device messages rest. Every change is one transaction: state, history, queue depth and feedback record together, durable
/// on return; a crash leaves all of it or nothing. Safe from any thread.
/// </summary>
internal interface IDeviceBoundStore
{
    /// <summary>Raised after a commit, in commit order, before whoever asked for the change hears of it; listeners return at once.</summary>
    event Action<ImmutableArray<DeviceBoundTransition>>? Committed;

    /// <summary>Stores a message at the end of its device's queue. Only what the store alone can know is judged here.</summary>
    ValueTask<EnqueueResult> EnqueueAsync(NewDeviceBound message, int maxDepth, CancellationToken cancellationToken);

    /// <summary>
    /// Takes from the head of a device's queue: those that wait, are due and have not expired, by sequence number.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="generationId">Which registration of it; of another nothing is taken.</param>
    /// <param name="max">How many at most.</param>
    /// <param name="now">The time, for what is due.</param>
    /// <param name="lease">Locks one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was taken, as it is from then on.</returns>
    ValueTask<ImmutableArray<DeviceBoundMessage>> LeaseAsync(
        DeviceId device, string generationId, int max, DateTimeOffset now, DeviceBoundRule lease, CancellationToken cancellationToken);

    /// <summary>Applies a rule to messages, in the order given, all in one transaction; those that are not there are passed over.</summary>
    /// <returns>What changed.</returns>
    ValueTask<ImmutableArray<DeviceBoundTransition>> ChangeAsync(ImmutableArray<long> ids, DeviceBoundRule rule, CancellationToken cancellationToken);

    /// <summary>A message; null when there is none, or it is not kept any more.</summary>
    ValueTask<DeviceBoundMessage?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>A message of a device by its lock token; null when no lock of the device's messages, held or ended, bears it.</summary>
    ValueTask<DeviceBoundEntry?> FindByLockAsync(DeviceId device, Guid token, CancellationToken cancellationToken);

    /// <summary>Messages by page, the newest first.</summary>
    /// <exception cref="FormatException">The cursor is not one that was given for this question.</exception>
    ValueTask<DeviceBoundPage> ListAsync(DeviceBoundQuery query, CancellationToken cancellationToken);

    /// <summary>Dead letters by page, the newest first.</summary>
    /// <exception cref="FormatException">The cursor is not one that was given for this question.</exception>
    ValueTask<DeviceBoundPage> ListDeadAsync(DeadLetterQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a message that sends a dead letter again, and marks that one, in one transaction: of any number of attempts one is stored. What
    /// only the store can know is judged here.
    /// </summary>
    /// <param name="originId">The dead letter.</param>
    /// <param name="make">The message to store, made of the dead letter as it is then.</param>
    /// <param name="maxDepth">How many messages may be in the queue.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<ResubmitResult> ResubmitAsync(long originId, Func<DeviceBoundMessage, NewDeviceBound> make, int maxDepth, CancellationToken cancellationToken);

    /// <summary>Deletes dead letters, with all that belongs to them; returns those that were there.</summary>
    ValueTask<ImmutableArray<long>> DeleteDeadAsync(ImmutableArray<long> ids, CancellationToken cancellationToken);

    /// <summary>The history of a message, the oldest line first.</summary>
    ValueTask<IReadOnlyList<DeviceBoundHistoryEntry>> HistoryAsync(long id, CancellationToken cancellationToken);

    /// <summary>Messages in the queues whose time is over, the most overdue first.</summary>
    ValueTask<ImmutableArray<long>> FindExpiredAsync(DateTimeOffset now, int max, CancellationToken cancellationToken);

    /// <summary>Devices with a message that became due after a time, up to another.</summary>
    ValueTask<IReadOnlyList<DeviceId>> FindDueAsync(DateTimeOffset after, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>All that is locked, by sequence number.</summary>
    ValueTask<IReadOnlyList<DeviceBoundEntry>> ListLockedAsync(CancellationToken cancellationToken);

    /// <summary>Drops messages, with all that belongs to them, that ended so before a time; returns how many.</summary>
    /// <param name="state">How they ended.</param>
    /// <param name="before">Before when.</param>
    /// <param name="max">How many at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<int> DropEndedAsync(DeviceBoundState state, DateTimeOffset before, int max, CancellationToken cancellationToken);

    /// <summary>What is before a message in its queue.</summary>
    ValueTask<QueueAhead> FindAheadAsync(DeviceBoundEntry entry, CancellationToken cancellationToken);

    /// <summary>What is in a device's queue, locked or not, by sequence number, by page.</summary>
    /// <exception cref="FormatException">The cursor is not one that was given for this queue.</exception>
    ValueTask<DeviceBoundPage> ListQueueAsync(DeviceId device, string generationId, int limit, string? cursor, CancellationToken cancellationToken);

    /// <summary>What is in a device's queue, locked or not, by sequence number.</summary>
    ValueTask<ImmutableArray<long>> ListQueueAsync(DeviceId device, int max, CancellationToken cancellationToken);
}

/// <summary>A page of messages.</summary>
/// <param name="Items">What it holds; a page may hold fewer than asked for, or none, and still not be the last.</param>
/// <param name="NextCursor">What to ask with for the next page; null at the end.</param>
internal sealed record DeviceBoundPage(IReadOnlyList<DeviceBoundMessage> Items, string? NextCursor);

/// <summary>A message that is to be stored.</summary>
/// <param name="Message">What the device gets to read.</param>
/// <param name="DeviceId">The device.</param>
/// <param name="MessageId">Its id.</param>
/// <param name="IsOwnId">Whether the sender gave the id, so that a second message of the same one is not stored.</param>
/// <param name="Ack">Of which outcomes feedback is wanted.</param>
/// <param name="EnqueuedTime">The time.</param>
/// <param name="ExpiresAt">Until when it may wait.</param>
/// <param name="NotBefore">Before this time it is not delivered.</param>
/// <param name="By">Who sends, for the history.</param>
/// <param name="Origin">The dead letter that it sends again; null when it is none.</param>
internal sealed record NewDeviceBound(
    Message Message, DeviceId DeviceId, string MessageId, bool IsOwnId, FeedbackAck Ack, DateTimeOffset EnqueuedTime, DateTimeOffset ExpiresAt,
    DateTimeOffset? NotBefore, string By, DeviceBoundEntry? Origin = null)
{
    /// <summary>Which attempt it is to get the message to its device.</summary>
    public int Attempt => (Origin?.Attempt ?? 0) + 1;
}
