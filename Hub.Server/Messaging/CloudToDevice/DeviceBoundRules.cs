using System.Collections.Immutable;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// The states of a message and what leads from one to the next (wire contract, section 2.2 with decisions 1, 8, 9, 12, 25). Pure: a rule
/// looks at a message and says what it becomes, or null when the rule does not concern it in that state, and then nothing changes. The store
/// calls it inside the transaction that keeps the answer, perhaps twice.
/// </summary>
internal sealed class DeviceBoundRules(CloudToDeviceOptions options)
{
    public const string Hub = "hub";
    public const string Device = "device";

    /// <summary>Takes a message that waits for a delivery.</summary>
    public DeviceBoundTransition Lease(DeviceBoundEntry entry, DeviceBoundLock taken, DateTimeOffset now, string place) => To(
        entry with
        {
            State = DeviceBoundState.Invisible,
            Lock = taken,
            DeliveryCount = entry.DeliveryCount + (options.DeliveryCounting == DeliveryCounting.EveryDelivery ? 1 : 0),
        },
        new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Leased, Hub, place));

    /// <summary>Settles a message as its device says.</summary>
    /// <param name="entry">The message.</param>
    /// <param name="settlement">How, under which lock, and what came before it.</param>
    /// <param name="now">The time.</param>
    public DeviceBoundTransition? Settle(DeviceBoundEntry entry, Settlement settlement, DateTimeOffset now)
    {
        if (!Holds(entry, settlement.Token, settlement.MayBeLate))
            return null;
        var isLate = entry.State == DeviceBoundState.Enqueued;
        // Late, it waits already: there is nothing to give back.
        if (isLate && settlement.Kind == SettlementKind.Abandon)
            return null;
        var place = isLate ? $"late, after the lock's end; {settlement.Place}" : settlement.Place;
        var line = new DeviceBoundHistoryEntry(now, EventOf(settlement.Kind), Device, Join(place, settlement.Description));
        var changed = settlement.Kind switch
        {
            SettlementKind.Complete => End(entry, DeviceBoundOutcome.Completed, null, now, line),
            SettlementKind.Reject => End(entry, DeviceBoundOutcome.Rejected, settlement.Description, now, line),
            _ => Return(entry, options.DeliveryCounting == DeliveryCounting.AbandonOnly ? 1 : 0, settlement.Description ?? "The device abandoned it.", now, line),
        };
        return changed with { History = settlement.Before.AddRange(changed.History) };
    }

    /// <summary>Adds what became of a delivery that is still under way: it was sent, or it arrived.</summary>
    public static DeviceBoundTransition? Note(DeviceBoundEntry entry, Guid token, ImmutableArray<DeviceBoundHistoryEntry> lines) =>
        Holds(entry, token, mayBeLate: false) ? new DeviceBoundTransition(entry, lines) : null;

    /// <summary>Ends a lock whose time is over.</summary>
    public DeviceBoundTransition? EndLock(DeviceBoundEntry entry, Guid token, ImmutableArray<DeviceBoundHistoryEntry> before, DateTimeOffset now) =>
        GiveBack(entry, token, before, new(now, DeviceBoundEvent.LockExpired, Hub, null), 0, "The device did not settle it in time.");

    /// <summary>
    /// Ends a lock whose connection is gone (decision 8): of several deliveries under way only the oldest counts, so that a bad line does
    /// not dead-letter a queue (decision 1).
    /// </summary>
    public DeviceBoundTransition? EndLink(
        DeviceBoundEntry entry, Guid token, bool counts, string place, ImmutableArray<DeviceBoundHistoryEntry> before, DateTimeOffset now) =>
        GiveBack(entry, token, before, new(now, DeviceBoundEvent.ConnectionLost, Hub, place), counts ? 0 : Uncounted, "The connection ended before the device settled it.");

    /// <summary>Gives back a message that was taken and could not be written: that was no delivery.</summary>
    public DeviceBoundTransition? GiveBackUnsent(DeviceBoundEntry entry, Guid token, string why, DateTimeOffset now) =>
        GiveBack(entry, token, [], new(now, DeviceBoundEvent.NotSent, Hub, why), Uncounted, why);

    /// <summary>Ends a message whose time is over, locked or not.</summary>
    public static DeviceBoundTransition? Expire(DeviceBoundEntry entry, DateTimeOffset now) => entry.IsActive && entry.ExpiresAt <= now
        ? End(entry, DeviceBoundOutcome.Expired, null, now, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Expired, Hub, null))
        : null;

    /// <summary>Ends a message with its whole queue, locked or not (decision 12).</summary>
    public static DeviceBoundTransition? Purge(DeviceBoundEntry entry, string by, string? why, DateTimeOffset now) => entry.IsActive
        ? End(entry, DeviceBoundOutcome.Purged, why, now, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Purged, by, why))
        : null;

    /// <summary>Ends one message; a locked one only when the device does not complete it first.</summary>
    public static DeviceBoundTransition? Cancel(DeviceBoundEntry entry, string by, DateTimeOffset now) => entry switch
    {
        { State: DeviceBoundState.Enqueued } =>
            End(entry, DeviceBoundOutcome.Cancelled, null, now, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Cancelled, by, null)),
        { State: DeviceBoundState.Invisible, CancelledBy: null } =>
            To(entry with { CancelledBy = by, HeldBy = null }, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.CancelRequested, by, null)),
        _ => null,
    };

    /// <summary>Marks a dead letter that was sent again as another message.</summary>
    public static DeviceBoundTransition? Resubmit(DeviceBoundEntry entry, long asId, string by, DateTimeOffset now) =>
        entry is { State: DeviceBoundState.DeadLettered, ResubmittedAs: null }
            ? To(entry with { ResubmittedAs = asId }, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Resubmitted, by, $"as message {asId}"))
            : null;

    /// <summary>Holds a message back for a batch that is to end it and can still be undone: of what waits nothing is delivered meanwhile.</summary>
    public static DeviceBoundTransition? Hold(DeviceBoundEntry entry, long batch, string by, DateTimeOffset now) =>
        entry is { IsActive: true, HeldBy: null }
            ? To(entry with { HeldBy = batch }, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Held, by, $"for batch {batch}"))
            : null;

    /// <summary>Lets a message go on whose batch was undone.</summary>
    public static DeviceBoundTransition? Release(DeviceBoundEntry entry, long batch, string by, DateTimeOffset now) =>
        entry.IsActive && entry.HeldBy == batch
            ? To(entry with { HeldBy = null }, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Released, by, $"batch {batch} was undone"))
            : null;

    /// <summary>Writes what somebody noted into the history; whatever the state.</summary>
    public static DeviceBoundTransition Remark(DeviceBoundEntry entry, string text, string by, DateTimeOffset now) =>
        To(entry, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Noted, by, text));

    private int Uncounted => options.DeliveryCounting == DeliveryCounting.EveryDelivery ? -1 : 0;

    private static bool Holds(DeviceBoundEntry entry, Guid token, bool mayBeLate) =>
        entry.Lock?.Token == token && (entry.State == DeviceBoundState.Invisible || (mayBeLate && entry.State == DeviceBoundState.Enqueued));

    private DeviceBoundTransition? GiveBack(
        DeviceBoundEntry entry, Guid token, ImmutableArray<DeviceBoundHistoryEntry> before, DeviceBoundHistoryEntry line, int counted, string cause)
    {
        if (!Holds(entry, token, mayBeLate: false))
            return null;
        var changed = Return(entry, counted, cause, line.Time, line);
        return changed with { History = before.AddRange(changed.History) };
    }

    /// <summary>A delivery ended uncompleted: back to the queue, unless it was the last or the message was cancelled meanwhile.</summary>
    private DeviceBoundTransition Return(DeviceBoundEntry entry, int counted, string cause, DateTimeOffset now, DeviceBoundHistoryEntry line)
    {
        var after = entry with { DeliveryCount = entry.DeliveryCount + counted };
        if (after.CancelledBy is { } by)
            return End(after, DeviceBoundOutcome.Cancelled, null, now, line, new DeviceBoundHistoryEntry(now, DeviceBoundEvent.Cancelled, by, null));
        if (after.DeliveryCount < options.MaxDeliveryCount)
            return To(after with { State = DeviceBoundState.Enqueued }, line);
        return End(
            after, DeviceBoundOutcome.DeliveryCountExceeded, cause, now, line,
            new DeviceBoundHistoryEntry(now, DeviceBoundEvent.DeliveryCountExceeded, Hub, $"{after.DeliveryCount} of {options.MaxDeliveryCount}"));
    }

    private static DeviceBoundTransition End(
        DeviceBoundEntry entry, DeviceBoundOutcome outcome, string? description, DateTimeOffset now, params ReadOnlySpan<DeviceBoundHistoryEntry> lines) => To(
        entry with
        {
            State = outcome == DeviceBoundOutcome.Completed ? DeviceBoundState.Completed : DeviceBoundState.DeadLettered,
            Outcome = outcome,
            Description = description,
            SettledTime = now,
            HeldBy = null,
        },
        lines) with { Ends = true };

    private static DeviceBoundTransition To(DeviceBoundEntry after, params ReadOnlySpan<DeviceBoundHistoryEntry> lines) => new(after, [.. lines]);

    private static DeviceBoundEvent EventOf(SettlementKind kind) => kind switch
    {
        SettlementKind.Complete => DeviceBoundEvent.Completed,
        SettlementKind.Reject => DeviceBoundEvent.Rejected,
        _ => DeviceBoundEvent.Abandoned,
    };

    private static string Join(string place, string? description) => description is null ? place : $"{place}: {description}";
}
