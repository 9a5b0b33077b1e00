using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>The reasons of dead letters are outcomes: all but the good one.</summary>
internal static class DeadLetterReasons
{
    public static DeviceBoundOutcome ToOutcome(this DeadLetterReason reason) => reason switch
    {
        DeadLetterReason.Expired => DeviceBoundOutcome.Expired,
        DeadLetterReason.DeliveryCountExceeded => DeviceBoundOutcome.DeliveryCountExceeded,
        DeadLetterReason.Rejected => DeviceBoundOutcome.Rejected,
        DeadLetterReason.Purged => DeviceBoundOutcome.Purged,
        _ => DeviceBoundOutcome.Cancelled,
    };

    /// <summary>Null for what was completed.</summary>
    public static DeadLetterReason? ToReason(this DeviceBoundOutcome outcome) => outcome switch
    {
        DeviceBoundOutcome.Completed => null,
        DeviceBoundOutcome.Expired => DeadLetterReason.Expired,
        DeviceBoundOutcome.DeliveryCountExceeded => DeadLetterReason.DeliveryCountExceeded,
        DeviceBoundOutcome.Rejected => DeadLetterReason.Rejected,
        DeviceBoundOutcome.Purged => DeadLetterReason.Purged,
        _ => DeadLetterReason.Cancelled,
    };
}
