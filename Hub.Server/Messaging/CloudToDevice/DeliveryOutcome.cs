namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>How a delivery to a device ended.</summary>
internal enum DeliveryOutcomeKind
{
    /// <summary>The device completed it.</summary>
    Completed,

    /// <summary>The device gave it back.</summary>
    Abandoned,

    /// <summary>The device refused it.</summary>
    Rejected,

    /// <summary>Its lock ended before the device settled it.</summary>
    TimedOut,

    /// <summary>The connection ended before the device settled it.</summary>
    LinkLost,

    /// <summary>It was not written at all.</summary>
    NotSent,

    /// <summary>The head has settled it itself, and knows how that went.</summary>
    Settled,
}

/// <summary>How a delivery to a device ended, and where.</summary>
/// <param name="Kind">How.</param>
/// <param name="Place">Where, for the history: the protocol, the connection, the packet.</param>
/// <param name="Description">Why, as the device says; null when it says nothing.</param>
/// <param name="Counts">Of a lost connection: whether this delivery counts, which only its oldest does (decision 1).</param>
internal sealed record DeliveryOutcome(DeliveryOutcomeKind Kind, string Place, string? Description = null, bool Counts = true);
