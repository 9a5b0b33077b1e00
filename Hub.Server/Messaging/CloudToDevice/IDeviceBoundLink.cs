using Hub.Server.Messaging.Sessions;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>A device link over which messages can be sent to the device; implemented by the protocol heads that can push.</summary>
internal interface IDeviceBoundLink : IDeviceLink
{
    /// <summary>Whether the device has said that it takes messages: it has subscribed to them.</summary>
    bool TakesMessages { get; }

    /// <summary>How many further messages the device would take now; 0 while it has not subscribed, or has enough under way.</summary>
    int DeliveryRoom { get; }

    /// <summary>
    /// Sends a message to the device, and completes when the device has settled it, or when it is certain that it will not: the lock has
    /// ended (<see cref="Delivery.LockEnded"/>) or the connection. Never throws. Calls are made in the order of the queue, and are written
    /// in that order; whoever calls asks <see cref="DeliveryRoom"/> before.
    /// </summary>
    ValueTask<DeliveryOutcome> DeliverAsync(Delivery delivery);
}
