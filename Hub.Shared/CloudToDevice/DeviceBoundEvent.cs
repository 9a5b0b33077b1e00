using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>What happened to a cloud-to-device message. Each word stands for what the hub has evidence of, and no more.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeviceBoundEvent>))]
public enum DeviceBoundEvent
{
    /// <summary>It was stored in its device's queue.</summary>
    Enqueued,

    /// <summary>It was locked for a delivery: <see cref="DeviceBoundState.Invisible"/>.</summary>
    Leased,

    /// <summary>It was written to the device's connection, or into the answer to its request. That does not say that it arrived.</summary>
    Sent,

    /// <summary>The device's protocol acknowledged that it arrived; the device has still to settle it.</summary>
    Delivered,

    /// <summary>The device settled it: done.</summary>
    Completed,

    /// <summary>The device settled it: not now. It waits again.</summary>
    Abandoned,

    /// <summary>The device settled it: never.</summary>
    Rejected,

    /// <summary>The lock ended before the device settled it.</summary>
    LockExpired,

    /// <summary>The connection ended before the device settled it.</summary>
    ConnectionLost,

    /// <summary>It could not be written to the connection, so it waits again, uncounted.</summary>
    NotSent,

    /// <summary>Its time to live ended.</summary>
    Expired,

    /// <summary>It was delivered as often as allowed, and never completed.</summary>
    DeliveryCountExceeded,

    /// <summary>An operator or a back end asked to cancel it while it was locked: it ends unless the device completes it first.</summary>
    CancelRequested,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>Its queue was purged, or its device deleted.</summary>
    Purged,

    /// <summary>As a dead letter, it was sent again as another message.</summary>
    Resubmitted,

    /// <summary>Somebody wrote a note on it.</summary>
    Noted,

    /// <summary>A purge or a cancellation that can still be undone holds it back.</summary>
    Held,

    /// <summary>The purge or cancellation that held it back was undone.</summary>
    Released,
}
