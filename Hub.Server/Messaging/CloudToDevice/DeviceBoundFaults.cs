using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Says in a code and a sentence why a message was not taken in: the same to every caller, by whichever way it asked.</summary>
internal static class DeviceBoundFaults
{
    public const string MissingDeadLetter = "There is no such dead letter, or it is not kept any more.";

    /// <summary>Why a message was not taken in; null when it was.</summary>
    public static (ErrorCode Code, string Sentence)? FaultOf(this EnqueueResult result, DeviceId device) => result switch
    {
        EnqueueResult.DeviceNotFound => (ErrorCode.DeviceNotFound, $"There is no device {device}."),
        EnqueueResult.QueueFull full => (ErrorCode.DeviceMaximumQueueDepthExceeded,
            $"The queue of the device holds {full.MaxDepth} messages, as many as it may: wait until some are settled, purge it, or raise {CloudToDeviceOptions.Section}:MaxQueueDepth."),
        EnqueueResult.TooLarge large => (ErrorCode.MessageTooLarge, $"A message has at most {large.MaxSize} bytes with its properties."),
        EnqueueResult.InvalidExpiry expiry => (ErrorCode.InvalidMessageExpiryTime, expiry.Sentence),
        EnqueueResult.Invalid invalid => (ErrorCode.ArgumentInvalid, invalid.Sentence),
        EnqueueResult.Unavailable away => (ErrorCode.ServiceUnavailable, away.Reason),
        _ => null,
    };

    /// <summary>Why a dead letter was not sent again; null when it was.</summary>
    public static (ErrorCode Code, string Sentence)? FaultOf(this ResubmitResult result) => result switch
    {
        ResubmitResult.NotFound => (ErrorCode.GenericNotFound, MissingDeadLetter),
        ResubmitResult.NotDead => (ErrorCode.PreconditionFailed, "The message is no dead letter: it is in its queue, or completed."),
        ResubmitResult.Already already => (ErrorCode.PreconditionFailed, $"The dead letter was sent again before, as message {already.Id}."),
        ResubmitResult.Refused { Result: EnqueueResult.DeviceNotFound } => (ErrorCode.DeviceNotFound, "Its device is not registered any more."),
        ResubmitResult.Refused { Result: var refused } => refused.FaultOf(default),
        _ => null,
    };
}
