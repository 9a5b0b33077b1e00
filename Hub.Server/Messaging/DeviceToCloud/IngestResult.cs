namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>How the entrance answered.</summary>
internal enum IngestOutcome
{
    /// <summary>Committed and fsynced: the sender may be told so.</summary>
    Accepted,

    /// <summary>A message is larger than allowed; nothing was stored.</summary>
    TooLarge,

    /// <summary>The store cannot take it now; nothing was stored, and the sender must not be told that it was.</summary>
    Unavailable,
}

/// <summary>
/// The answer of <see cref="MessageIngress"/>; a struct, since the hot path makes one per call.
/// </summary>
/// <param name="Outcome">What happened, to all messages of the call alike.</param>
/// <param name="Partition">Where they are stored, when accepted.</param>
/// <param name="FirstSequenceNumber">The sequence number of the first; the others follow without gap.</param>
/// <param name="Reason">Why not, in a sentence; null when accepted.</param>
internal readonly record struct IngestResult(IngestOutcome Outcome, int Partition, long FirstSequenceNumber, string? Reason)
{
    /// <summary>
    /// What a sender hears while the store cannot take messages. The reason itself may name places of the server: it is for the hub's
    /// log, its health and the device's history.
    /// </summary>
    public const string UnavailableToSenders = "The hub cannot store messages now. Try again later.";

    /// <summary>The reason as the sender may hear it; null when accepted.</summary>
    public string? Told => Outcome == IngestOutcome.Unavailable ? UnavailableToSenders : Reason;

    public static IngestResult Accepted(int partition, long firstSequenceNumber) => new(IngestOutcome.Accepted, partition, firstSequenceNumber, null);

    public static IngestResult TooLarge(int size, int limit) =>
        new(IngestOutcome.TooLarge, 0, 0, $"The message has {size} bytes; at most {limit} are allowed.");

    public static IngestResult Unavailable(string reason) => new(IngestOutcome.Unavailable, 0, 0, reason);
}
