namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>What became of a dead letter that was to be sent again.</summary>
internal abstract record ResubmitResult
{
    private ResubmitResult()
    {
    }

    /// <summary>It is sent again, as this message.</summary>
    public sealed record Resubmitted(DeviceBoundMessage Message) : ResubmitResult;

    /// <summary>There is no such message.</summary>
    public sealed record NotFound : ResubmitResult;

    /// <summary>It is no dead letter, since it is in its queue or completed.</summary>
    public sealed record NotDead : ResubmitResult;

    /// <summary>It was sent again before, as that message.</summary>
    public sealed record Already(long Id) : ResubmitResult;

    /// <summary>The message that sends it again was not taken in.</summary>
    public sealed record Refused(EnqueueResult Result) : ResubmitResult;
}
