namespace Hub.Server.Messaging;

/// <summary>
/// The envelope: what a sender put in, whichever protocol it came by. Immutable, and safe to hold: nothing in it lives in a
/// buffer that somebody else will use again.
/// </summary>
internal sealed class Message
{
    /// <summary>The payload; may be empty.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Properties with a meaning of their own, as far as the sender may set them.</summary>
    public SystemProperties SystemProperties { get; init; } = SystemProperties.Empty;

    /// <summary>The sender's own properties in the sender's order; names are unique by ordinal.</summary>
    public ApplicationProperties Properties { get; init; } = ApplicationProperties.Empty;

    /// <summary>
    /// The size by which limits are meant (wire contract, section 1.1): body, values of system properties, names and values of
    /// application properties, in UTF-8 bytes.
    /// </summary>
    public int Size => Body.Length + SystemProperties.Size + Properties.Size;
}
