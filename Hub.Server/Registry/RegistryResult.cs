using System.Diagnostics;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>What became of a change of the registry: one of the cases below.</summary>
internal abstract record RegistryResult
{
    private RegistryResult()
    {
    }

    /// <summary>Why the change was refused, as every door says it; null when it was not.</summary>
    /// <param name="id">The device that was to be changed.</param>
    public (ErrorCode Code, string Sentence)? FaultFor(DeviceId id) => this switch
    {
        AlreadyExists => (ErrorCode.DeviceAlreadyExists, $"The device {id} exists already."),
        NotFound => NotFound.FaultOf(id),
        ETagMismatch => (ErrorCode.PreconditionFailed, $"The device {id} was changed meanwhile: its etag is another than the one given."),
        Invalid invalid => (ErrorCode.ArgumentInvalid, invalid.Reason),
        Done => null,
        _ => throw new UnreachableException(),
    };

    /// <summary>The change is stored.</summary>
    internal sealed record Done(Device Device) : RegistryResult;

    /// <summary>The id is taken.</summary>
    internal sealed record AlreadyExists : RegistryResult;

    /// <summary>There is no such device.</summary>
    internal sealed record NotFound : RegistryResult
    {
        public static (ErrorCode Code, string Sentence) FaultOf(DeviceId id) => (ErrorCode.DeviceNotFound, $"There is no device {id}.");
    }

    /// <summary>The device has another etag than was asked for.</summary>
    internal sealed record ETagMismatch : RegistryResult;

    /// <summary>The change breaks a rule, which the sentence states.</summary>
    internal sealed record Invalid(string Reason) : RegistryResult;
}
