using System.Globalization;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Answers "why is it not delivered?" in words. Pure: the same situation gives the same answer, for the API and the portal alike. Says
/// only what the hub knows: that a device is silent, never why.
/// </summary>
internal static class DeliveryExplainer
{
    /// <summary>What stands in the way of a delivery, the first obstacle first, and what else is to be known; never empty.</summary>
    public static IReadOnlyList<DeliveryFact> Explain(DeliverySituation situation)
    {
        var entry = situation.Entry;
        if (!entry.IsActive)
            return [new(DeliveryFactKind.Ended, $"It is not to be delivered any more: it ended as {entry.Outcome}{Because(entry.Description)}.", entry.SettledTime)];
        List<DeliveryFact> facts = [.. entry.State == DeviceBoundState.Invisible ? [WithDevice(entry)] : Obstacles(situation)];
        if (facts.Count == 0)
            facts.Add(new(DeliveryFactKind.Due, "Nothing stands in its way: it is about to be sent."));
        if (entry is { State: DeviceBoundState.Enqueued, DeliveryCount: > 0 })
        {
            facts.Add(new(
                DeliveryFactKind.TriedBefore,
                $"It counts {Times(entry.DeliveryCount)} as delivered and not completed; after {situation.MaxDeliveryCount} it is dead-lettered. Its history says what happened."));
        }

        facts.Add(new(DeliveryFactKind.Expires, $"It expires at {Utc(entry.ExpiresAt)} unless it is completed before.", entry.ExpiresAt));
        return facts;
    }

    private static DeliveryFact WithDevice(DeviceBoundEntry entry) => new(
        DeliveryFactKind.WithDevice,
        "It is with the device, which has not settled it yet. When its lock ends before that, "
            + (entry.CancelledBy is null ? "it waits in its queue again." : "it ends as cancelled."),
        entry.Lock?.Until);

    private static IEnumerable<DeliveryFact> Obstacles(DeliverySituation situation)
    {
        var entry = situation.Entry;
        if (situation.Device is not { } device)
        {
            yield return new(DeliveryFactKind.DeviceGone, "Its device was deleted.");
            yield break;
        }

        if (device.Status == DeviceStatus.Disabled)
            yield return new(DeliveryFactKind.DeviceDisabled, $"The device is disabled{Because(device.StatusReason)}: it cannot connect until it is enabled.", device.StatusUpdatedTime);
        else if (situation.Link is null)
            yield return Away(device);
        else if (FindFault(device.Id, situation.Link) is { } fault)
            yield return fault;

        if (entry.HeldBy is { } batch)
            yield return new(DeliveryFactKind.Held, $"Batch {batch} is to end it and can still be undone; until then it is held back.");
        else if (entry.NotBefore > situation.Now)
            yield return new(DeliveryFactKind.NotBefore, $"It is scheduled for {Utc(entry.NotBefore.Value)}.", entry.NotBefore);
        if (situation.Ahead.Count > 0)
            yield return Ahead(situation.Ahead);
    }

    private static DeliveryFact Away(Registry.Device device) => device.Presence switch
    {
        { LastActivityTime: null } => new(DeliveryFactKind.NeverConnected, "The device has never been heard of. It gets the message once it connects and subscribes, or asks over HTTPS."),
        { DisconnectReason: { } reason, LastActivityTime: { } last } => new(
            DeliveryFactKind.Offline, $"The device is not connected; it was last heard of at {Utc(last)}. Its last connection ended: {reason.TrimEnd('.')}.", last),
        { LastActivityTime: { } last } => new(DeliveryFactKind.Offline, $"The device is not connected; it was last heard of at {Utc(last)}.", last),
    };

    private static DeliveryFact? FindFault(DeviceId device, LinkSituation link) => link switch
    {
        { CanPush: false } => new(DeliveryFactKind.HasToAsk, $"The device is connected with {link.Protocol}, over which it has to ask for its messages.", link.ConnectedTime),
        { IsSubscribed: false } => new(
            DeliveryFactKind.NotSubscribed,
            $"The device is connected with {link.Protocol} and has not subscribed to its messages: it has to subscribe to devices/{device}/messages/devicebound/#.", link.ConnectedTime),
        { Room: <= 0 } => new(DeliveryFactKind.WindowFull, "As many messages are under way to the device as may be: it has to acknowledge one before it gets the next."),
        _ => null,
    };

    private static DeliveryFact Ahead(QueueAhead ahead)
    {
        var text = ahead.Count == 1 ? "One message is ahead of it" : $"{ahead.Count} messages are ahead of it";
        if (ahead.Locked > 0)
            text += ahead.Locked == 1 ? $", of which one is with the device until {Utc(ahead.LockedUntil)} at the latest" : $", of which {ahead.Locked} are with the device until {Utc(ahead.LockedUntil)} at the latest";
        if (ahead.Held > 0)
            text += ahead.Held == 1 ? "; one is held back by a batch that can still be undone, and with it all that is behind it" : $"; {ahead.Held} are held back by a batch that can still be undone, and with them all that is behind them";
        return new(DeliveryFactKind.Ahead, text + ".", ahead.LockedUntil);
    }

    private static string Because(string? why) => string.IsNullOrEmpty(why) ? "" : $" ({why.TrimEnd('.')})";

    private static string Times(int count) => count == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{count} times");

    private static string Utc(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
