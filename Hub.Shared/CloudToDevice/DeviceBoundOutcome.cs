using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>How a cloud-to-device message ended: completed, or for which reason it was dead-lettered.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeviceBoundOutcome>))]
public enum DeviceBoundOutcome
{
    /// <summary>The device completed it.</summary>
    Completed,

    /// <summary>See <see cref="DeadLetterReason.Expired"/>.</summary>
    Expired,

    /// <summary>See <see cref="DeadLetterReason.DeliveryCountExceeded"/>.</summary>
    DeliveryCountExceeded,

    /// <summary>See <see cref="DeadLetterReason.Rejected"/>.</summary>
    Rejected,

    /// <summary>See <see cref="DeadLetterReason.Purged"/>.</summary>
    Purged,

    /// <summary>See <see cref="DeadLetterReason.Cancelled"/>.</summary>
    Cancelled,
}
