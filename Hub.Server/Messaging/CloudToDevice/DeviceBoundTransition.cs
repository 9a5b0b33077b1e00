using System.Collections.Immutable;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// A change of one message, stored as a whole: its new state, its history, and what follows from these (feedback record, dead letter).
/// </summary>
/// <param name="After">The message from then on.</param>
/// <param name="History">The lines to add, in order; never none.</param>
internal sealed record DeviceBoundTransition(DeviceBoundEntry After, ImmutableArray<DeviceBoundHistoryEntry> History)
{
    /// <summary>The first of all: the message was stored.</summary>
    public static DeviceBoundTransition Enqueued(DeviceBoundEntry entry, string by) =>
        new(entry, [new DeviceBoundHistoryEntry(entry.EnqueuedTime, DeviceBoundEvent.Enqueued, by, null)]);

    /// <summary>Whether the message ended with it, and not before.</summary>
    public bool Ends { get; init; }
}
