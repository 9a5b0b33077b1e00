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
    public static IngestResult Accepted(int partition, long firstSequenceNumber) => new(IngestOutcome.Accepted, partition, firstSequenceNumber, null);

    public static IngestResult TooLarge(int size, int limit) =>
        new(IngestOutcome.TooLarge, 0, 0, $"The message has {size} bytes; at most {limit} are allowed.");

    public static IngestResult Unavailable(string reason) => new(IngestOutcome.Unavailable, 0, 0, reason);
}
