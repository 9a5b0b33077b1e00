using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>A record of how a message ended, for its sender.</summary>
internal sealed record FeedbackRecord(
    string MessageId, DeviceId DeviceId, string GenerationId, DeviceBoundOutcome Outcome, string? Description, DateTimeOffset Time);

/// <summary>Records that were handed to a receiver under a lock.</summary>
/// <param name="Number">The batch.</param>
/// <param name="Token">The key to its settlement.</param>
/// <param name="Records">What it holds, in the order of the outcomes; never none.</param>
internal sealed record FeedbackBatch(long Number, Guid Token, IReadOnlyList<FeedbackRecord> Records);

/// <summary>
/// The feedback queue of the wire contract (section 2.8) as it rests. Records come into it with the outcomes themselves
/// (<see cref="IDeviceBoundStore"/>). Every change is one transaction, durable on return. Safe from any thread.
/// </summary>
internal interface IFeedbackStore
{
    /// <summary>
    /// Locks the batch that has waited longest, or makes one of the records that wait: when they are enough for one, or the first has
    /// waited for as long as it may. Records of devices that are gone are passed over.
    /// </summary>
    /// <returns>Null when there is none.</returns>
    ValueTask<FeedbackBatch?> ReceiveAsync(Guid token, DateTimeOffset now, FeedbackOptions options, CancellationToken cancellationToken);

    /// <summary>Removes a locked batch; false when no lock bears the token.</summary>
    ValueTask<bool> CompleteAsync(Guid token, CancellationToken cancellationToken);

    /// <summary>Ends the lock of a batch, which waits again, or is dropped when it was handed out as often as allowed; false when no lock bears the token.</summary>
    ValueTask<bool> ReleaseAsync(Guid token, int maxDeliveryCount, CancellationToken cancellationToken);

    /// <summary>Ends all locks: nobody measures their time any more.</summary>
    ValueTask ReleaseAllAsync(CancellationToken cancellationToken);

    /// <summary>Drops batches whose time is over, and records that have waited for longer than allowed; returns how many records.</summary>
    ValueTask<int> DropExpiredAsync(DateTimeOffset now, TimeSpan timeToLive, CancellationToken cancellationToken);
}
