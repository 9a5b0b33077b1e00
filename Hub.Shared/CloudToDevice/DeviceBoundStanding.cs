using System.Text.Json.Serialization;
using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>Where a cloud-to-device message stands: what lists, streams and the message itself have in common.</summary>
public record DeviceBoundStanding
{
    /// <summary>The hub's own id of the message, rising in the order of arrival. A string in JSON, since 64 bits do not fit JavaScript's numbers.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long Id { get; init; }

    /// <summary>The sender's id of the message, or the one that the hub made.</summary>
    public required string MessageId { get; init; }

    /// <summary>To which device.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>The place in the device's queue, from 1.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long SequenceNumber { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeviceBoundState State { get; init; }

    /// <summary>How often it was taken for delivery (or, where only those count, abandoned).</summary>
    public required int DeliveryCount { get; init; }

    /// <summary>When the hub took it in.</summary>
    public required DateTimeOffset EnqueuedTime { get; init; }

    /// <summary>Until when it may wait.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Before this time it is not delivered; null: at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>While it is <see cref="DeviceBoundState.Invisible"/>: when its lock ends.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>Whether it ends as cancelled unless the device completes it first.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>While a purge or a cancellation that can still be undone holds it back: the batch that does.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public long? HeldBy { get; init; }

    /// <summary>How it ended; null while it is in the queue.</summary>
    public DeviceBoundOutcome? Outcome { get; init; }

    /// <summary>Why it was dead-lettered; null when it was not.</summary>
    public DeadLetterReason? Reason { get; init; }

    /// <summary>Why it ended so, in words, where there are any: the device's own, or the hub's.</summary>
    public string? Description { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? SettledTime { get; init; }

    /// <summary>Of which outcomes feedback is wanted.</summary>
    public required FeedbackAck Ack { get; init; }

    /// <summary>The dead letter that this one sends again; null when it is none.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public long? OriginId { get; init; }

    /// <summary>1, and one more each time a dead letter of the same origin is sent again.</summary>
    public required int Attempt { get; init; }

    /// <summary>As a dead letter: the message that sent it again.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public long? ResubmittedAs { get; init; }
}
