namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>What became of a message that was handed in.</summary>
internal abstract record EnqueueResult
{
    private EnqueueResult()
    {
    }

    /// <summary>It is stored, and will not be lost.</summary>
    public sealed record Enqueued(DeviceBoundMessage Message) : EnqueueResult;

    /// <summary>A message of this id was stored for the device before; this is that one. Nothing was added.</summary>
    public sealed record Duplicate(DeviceBoundMessage First) : EnqueueResult;

    /// <summary>There is no such device.</summary>
    public sealed record DeviceNotFound : EnqueueResult;

    /// <summary>The device's queue is full.</summary>
    public sealed record QueueFull(int MaxDepth) : EnqueueResult;

    /// <summary>It has more bytes than allowed.</summary>
    public sealed record TooLarge(int MaxSize) : EnqueueResult;

    /// <summary>It bears what it may not.</summary>
    public sealed record Invalid(string Sentence) : EnqueueResult;

    /// <summary>It may wait for longer than allowed, or its time is over before it begins.</summary>
    public sealed record InvalidExpiry(string Sentence) : EnqueueResult;

    /// <summary>The store takes nothing now.</summary>
    public sealed record Unavailable(string Reason) : EnqueueResult;
}
