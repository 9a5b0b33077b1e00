using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>A message as its sender hands it in.</summary>
internal sealed record DeviceBoundDraft
{
    public required DeviceId DeviceId { get; init; }

    public required Message Message { get; init; }

    /// <summary>The sender's id of the message; null lets the hub make one. A second message of the same id to the same device is not stored.</summary>
    public string? MessageId { get; init; }

    public FeedbackAck Ack { get; init; }

    /// <summary>How long it may wait, counted from <see cref="NotBefore"/> where that is given; null with <see cref="ExpiresAt"/>, or for the default.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Until when it may wait.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Before this time it is not delivered.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Who sends: <c>policy:NAME</c> or an operator's name.</summary>
    public required string By { get; init; }
}
