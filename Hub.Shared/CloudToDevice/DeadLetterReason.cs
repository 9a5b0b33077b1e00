using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>Why a cloud-to-device message left its queue uncompleted.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeadLetterReason>))]
public enum DeadLetterReason
{
    /// <summary>Its time to live ended.</summary>
    Expired,

    /// <summary>It was delivered as often as allowed, and never completed.</summary>
    DeliveryCountExceeded,

    /// <summary>The device refused it.</summary>
    Rejected,

    /// <summary>Its queue was purged, or its device deleted.</summary>
    Purged,

    /// <summary>It was cancelled by itself.</summary>
    Cancelled,
}
