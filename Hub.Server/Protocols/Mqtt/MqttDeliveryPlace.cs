using Hub.Server.Messaging.CloudToDevice;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>A delivery that waits for its PUBACK, its settlement by topic, or both. Owned by <see cref="MqttDeliveries"/>, under whose lock the packet id changes.</summary>
internal sealed class MqttDeliveryPlace(Delivery delivery, ushort packetId, bool settlesByTopic)
{
    // Who reads a PUBACK serves other connections too.
    private readonly TaskCompletionSource<DeliveryOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Delivery Delivery { get; } = delivery;

    /// <summary>0 for a publish that is not acknowledged, or has been.</summary>
    public ushort PacketId { get; set; } = packetId;

    /// <summary>Whether it waits for a settlement by topic.</summary>
    public bool SettlesByTopic { get; } = settlesByTopic;

    /// <summary>Whether its lock ended first: the message waits again, or is under way under another packet id.</summary>
    public bool IsStale { get; private set; }

    public bool HasEnded => _outcome.Task.IsCompleted;

    public Task<DeliveryOutcome> Outcome => _outcome.Task;

    /// <summary>Ends it so, unless it has ended before.</summary>
    public bool TryEnd(DeliveryOutcome outcome) => _outcome.TrySetResult(outcome);

    /// <summary>Its lock is over.</summary>
    public void EndLock()
    {
        if (TryEnd(new DeliveryOutcome(DeliveryOutcomeKind.TimedOut, string.Empty)))
            IsStale = true;
    }
}
