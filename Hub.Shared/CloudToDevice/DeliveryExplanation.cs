using System.Text.Json.Serialization;

namespace Hub.Shared.CloudToDevice;

/// <summary>Why a message is not delivered, as far as the hub can know: <c>GET /api/v1/c2d/{id}/why</c>.</summary>
/// <param name="Time">When this was so.</param>
/// <param name="Facts">What stands in its way, the first obstacle first, then what else is to be known. Never empty.</param>
public sealed record DeliveryExplanation(DateTimeOffset Time, IReadOnlyList<DeliveryFact> Facts);

/// <summary>One thing that bears on a delivery.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">The same in a sentence, with what to do where there is something.</param>
/// <param name="At">The time that it speaks of: since when, or until when; null when it speaks of none.</param>
public sealed record DeliveryFact(DeliveryFactKind Kind, string Text, DateTimeOffset? At = null);

/// <summary>What may bear on a delivery.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeliveryFactKind>))]
public enum DeliveryFactKind
{
    /// <summary>The message has ended: there is nothing to deliver.</summary>
    Ended,

    /// <summary>The device does not exist any more.</summary>
    DeviceGone,

    /// <summary>The device is disabled.</summary>
    DeviceDisabled,

    /// <summary>The device has never connected.</summary>
    NeverConnected,

    /// <summary>The device is not connected.</summary>
    Offline,

    /// <summary>The device is connected by a protocol over which the hub cannot push: it has to ask.</summary>
    HasToAsk,

    /// <summary>The device is connected and has not subscribed to its messages.</summary>
    NotSubscribed,

    /// <summary>As many messages are under way to the device as may be; it has to settle one first.</summary>
    WindowFull,

    /// <summary>The message is scheduled for later.</summary>
    NotBefore,

    /// <summary>It is held back, since a purge or a cancellation that can still be undone has named it.</summary>
    Held,

    /// <summary>Others are ahead of it in the queue.</summary>
    Ahead,

    /// <summary>It is with the device, under a lock, and the device has not settled it yet.</summary>
    WithDevice,

    /// <summary>Nothing stands in its way.</summary>
    Due,

    /// <summary>It was delivered before, and not completed.</summary>
    TriedBefore,

    /// <summary>When its time to live ends.</summary>
    Expires,
}
