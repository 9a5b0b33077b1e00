namespace Hub.Server.Messaging.CloudToDevice.Batches;

/// <summary>What a batch does with one item.</summary>
internal abstract record BatchStep
{
    private BatchStep()
    {
    }

    /// <summary>Stores a message.</summary>
    /// <param name="Message">The message.</param>
    /// <param name="MaxDepth">How many may be in its queue.</param>
    public sealed record Send(NewDeviceBound Message, int MaxDepth) : BatchStep;

    /// <summary>Sends a dead letter again.</summary>
    /// <param name="Make">The message to store, made of the dead letter as it is then.</param>
    /// <param name="MaxDepth">How many may be in its queue.</param>
    public sealed record Resubmit(Func<DeviceBoundMessage, NewDeviceBound> Make, int MaxDepth) : BatchStep;

    /// <summary>Deletes a dead letter.</summary>
    public sealed record Delete : BatchStep;

    /// <summary>Applies a rule to a message.</summary>
    public sealed record Change(DeviceBoundRule Rule) : BatchStep;

    /// <summary>Does nothing.</summary>
    /// <param name="Why">Why, in a sentence.</param>
    public sealed record Refuse(string Why) : BatchStep;
}
