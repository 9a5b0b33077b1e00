using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice.Batches;

/// <summary>What a batch does with each of its items, and how it finds these where they are not known from the beginning. Stored as JSON.</summary>
internal sealed record BatchDefinition
{
    /// <summary>What each device gets.</summary>
    public BatchMessage? Message { get; init; }

    /// <summary>To all devices with this tag.</summary>
    public string? Tag { get; init; }

    /// <summary>On all dead letters that match.</summary>
    public DeadLetterQuery? DeadLetters { get; init; }

    /// <summary>When sent again: how long each may wait; null for the default.</summary>
    public TimeSpan? TimeToLive { get; init; }
}

/// <summary>A message to many devices.</summary>
internal sealed record BatchMessage
{
    public string? MessageId { get; init; }

    public FeedbackAck Ack { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> SystemProperties { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Properties { get; init; }

    public required byte[] Body { get; init; }

    public static BatchMessage Of(DeviceBoundDraft draft) => new()
    {
        MessageId = draft.MessageId,
        Ack = draft.Ack,
        TimeToLive = draft.TimeToLive,
        ExpiresAt = draft.ExpiresAt,
        NotBefore = draft.NotBefore,
        SystemProperties = draft.Message.SystemProperties.Items,
        Properties = draft.Message.Properties.Items,
        Body = draft.Message.Body.ToArray(),
    };

    public DeviceBoundDraft ToDraft(Hub.Shared.Devices.DeviceId device, string by) => new()
    {
        DeviceId = device,
        Message = new Message { Body = Body, SystemProperties = Messaging.SystemProperties.Create(SystemProperties), Properties = ApplicationProperties.Create(Properties) },
        MessageId = MessageId,
        Ack = Ack,
        TimeToLive = TimeToLive,
        ExpiresAt = ExpiresAt,
        NotBefore = NotBefore,
        By = by,
    };
}
