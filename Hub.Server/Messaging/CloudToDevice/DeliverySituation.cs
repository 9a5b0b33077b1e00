using Hub.Server.Registry;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>All that bears on the delivery of a message, at one moment.</summary>
internal sealed record DeliverySituation
{
    public required DeviceBoundEntry Entry { get; init; }

    /// <summary>Its device, of the registration that it was sent to; null when that is deleted.</summary>
    public required Device? Device { get; init; }

    /// <summary>The connection of the device; null while it has none.</summary>
    public required LinkSituation? Link { get; init; }

    public required QueueAhead Ahead { get; init; }

    /// <summary>How often a message may be delivered.</summary>
    public required int MaxDeliveryCount { get; init; }

    public required DateTimeOffset Now { get; init; }
}

/// <summary>The connection of a device, as far as it bears on a delivery.</summary>
/// <param name="Protocol">The protocol in words.</param>
/// <param name="ConnectedTime">Since when.</param>
/// <param name="CanPush">Whether messages can be sent over it; over others the device has to ask.</param>
/// <param name="IsSubscribed">Whether the device has said that it takes messages.</param>
/// <param name="Room">How many further messages it would take now.</param>
internal sealed record LinkSituation(string Protocol, DateTimeOffset ConnectedTime, bool CanPush, bool IsSubscribed, int Room);

/// <summary>What is before a message in its queue.</summary>
/// <param name="Count">How many messages.</param>
/// <param name="Locked">How many of those are with the device.</param>
/// <param name="LockedUntil">When the last of those locks ends; null when none is locked.</param>
/// <param name="Held">How many of those are held back by a batch that can still be undone.</param>
internal sealed record QueueAhead(int Count, int Locked, DateTimeOffset? LockedUntil, int Held);
