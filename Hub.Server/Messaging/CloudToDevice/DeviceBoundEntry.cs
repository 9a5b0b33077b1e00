using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// A cloud-to-device message as its queue knows it: all but what the device gets to read. Immutable; changed only by
/// <see cref="DeviceBoundRules"/>, inside a transaction of the store.
/// </summary>
internal sealed record DeviceBoundEntry
{
    /// <summary>The hub's own number of the message, rising in the order of arrival.</summary>
    public required long Id { get; init; }

    public required DeviceId DeviceId { get; init; }

    /// <summary>For which registration of the device: a device that takes the id later gets nothing of it.</summary>
    public required string GenerationId { get; init; }

    /// <summary>The place in the device's queue, from 1.</summary>
    public required long SequenceNumber { get; init; }

    /// <summary>The sender's id of the message; the hub's own when the sender gave none.</summary>
    public required string MessageId { get; init; }

    public required FeedbackAck Ack { get; init; }

    public required DateTimeOffset EnqueuedTime { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Before this time it is not delivered; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    public DeviceBoundState State { get; init; }

    /// <summary>How often it was taken for delivery (or, where only those count, abandoned).</summary>
    public int DeliveryCount { get; init; }

    /// <summary>The last lock. While the message is <see cref="DeviceBoundState.Invisible"/> it holds; after that it tells a late settlement from a foreign one.</summary>
    public DeviceBoundLock? Lock { get; init; }

    /// <summary>Who asked to cancel it while it was locked; null when nobody did.</summary>
    public string? CancelledBy { get; init; }

    /// <summary>The batch that is to end it and can still be undone; until then it is not delivered, nor is what is behind it.</summary>
    public long? HeldBy { get; init; }

    /// <summary>How it ended; null while it is in the queue.</summary>
    public DeviceBoundOutcome? Outcome { get; init; }

    /// <summary>Why it ended so, in words, where there are any: the device's own, or the hub's.</summary>
    public string? Description { get; init; }

    public DateTimeOffset? SettledTime { get; init; }

    /// <summary>The dead letter that this one sends again.</summary>
    public long? OriginId { get; init; }

    /// <summary>1, and one more each time a dead letter of the same origin is sent again.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>As a dead letter: the message that sent it again.</summary>
    public long? ResubmittedAs { get; init; }

    /// <summary>Whether it is in the queue, locked or not.</summary>
    public bool IsActive => State is DeviceBoundState.Enqueued or DeviceBoundState.Invisible;

    /// <summary>Whether its sender is to hear of how it ended.</summary>
    public bool WantsFeedback => State switch
    {
        DeviceBoundState.Completed => Ack is FeedbackAck.Positive or FeedbackAck.Full,
        DeviceBoundState.DeadLettered => Ack is FeedbackAck.Negative or FeedbackAck.Full,
        _ => false,
    };
}

/// <summary>A lock on a message.</summary>
/// <param name="Token">128 random bits: who knows them may settle.</param>
/// <param name="Until">When it ends by the wall clock, for display and for a restart; a running hub measures the time instead.</param>
/// <param name="Holder">The connection that it belongs to and ends with; null for a request, whose lock only time ends.</param>
internal sealed record DeviceBoundLock(Guid Token, DateTimeOffset Until, string? Holder);

/// <summary>A cloud-to-device message with what the device gets to read.</summary>
internal sealed record DeviceBoundMessage(DeviceBoundEntry Entry, Message Message);
