using Hub.Shared.CloudToDevice;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Shows messages, and what happens to them, as the API, the live hub and exports do.</summary>
internal static class DeviceBoundItemMapper
{
    public static DeviceBoundItem ToItem(this DeviceBoundMessage message, IReadOnlyList<DeviceBoundHistoryEntry>? history = null)
    {
        var (body, encoding) = message.Message.BodyShape();
        var system = message.Message.SystemProperties;
        var properties = message.Message.Properties.Items.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        return new DeviceBoundItem(message.Entry.ToStanding(), properties, body, encoding)
        {
            CorrelationId = system[Names.CorrelationId],
            UserId = system[Names.UserId],
            ContentType = system.ContentType,
            ContentEncoding = system[Names.ContentEncoding],
            History = history,
        };
    }

    /// <summary>A change as the streams tell it.</summary>
    public static DeviceBoundChange ToChange(this DeviceBoundTransition change) => new(change.After.ToStanding(), change.History);

    /// <summary>The feedback that a change gives; null when it gives none.</summary>
    public static FeedbackItem? ToFeedback(this DeviceBoundTransition change) => change is { Ends: true, After: { WantsFeedback: true, Outcome: { } outcome } entry }
        ? new FeedbackItem
        {
            Id = entry.Id,
            OriginalMessageId = entry.MessageId,
            DeviceId = entry.DeviceId,
            DeviceGenerationId = entry.GenerationId,
            Outcome = outcome,
            Description = entry.Description,
            Time = entry.SettledTime ?? entry.EnqueuedTime,
        }
        : null;

    private static DeviceBoundStanding ToStanding(this DeviceBoundEntry entry) => new()
    {
        Id = entry.Id,
        MessageId = entry.MessageId,
        DeviceId = entry.DeviceId,
        SequenceNumber = entry.SequenceNumber,
        State = entry.State,
        DeliveryCount = entry.DeliveryCount,
        EnqueuedTime = entry.EnqueuedTime,
        ExpiresAt = entry.ExpiresAt,
        NotBefore = entry.NotBefore,
        LockedUntil = entry.State == DeviceBoundState.Invisible ? entry.Lock?.Until : null,
        CancelRequested = entry.IsActive && entry.CancelledBy is not null,
        HeldBy = entry.HeldBy,
        Outcome = entry.Outcome,
        Reason = entry.Outcome?.ToReason(),
        Description = entry.Description,
        SettledTime = entry.SettledTime,
        Ack = entry.Ack,
        OriginId = entry.OriginId,
        Attempt = entry.Attempt,
        ResubmittedAs = entry.ResubmittedAs,
    };
}
