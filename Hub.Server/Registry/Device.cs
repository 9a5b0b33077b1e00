using System.Collections.Immutable;
using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>A registered device. Immutable: a change makes a new one with a new <see cref="ETag"/>.</summary>
internal sealed record Device
{
    public required DeviceId Id { get; init; }

    /// <summary>Changes when a device of the same id is created anew, so that nothing of the old one passes to the new one.</summary>
    public required string GenerationId { get; init; }

    /// <summary>Changes with every change of the registration, not with presence.</summary>
    public required string ETag { get; init; }

    public required DeviceStatus Status { get; init; }

    public string? StatusReason { get; init; }

    public DateTimeOffset? StatusUpdatedTime { get; init; }

    public required DateTimeOffset CreatedTime { get; init; }

    public required DeviceCredentials Credentials { get; init; }

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>As last stored; <c>SessionTable</c> knows what is true this moment.</summary>
    public DevicePresence Presence { get; init; } = DevicePresence.Never;

    /// <summary>How many cloud-to-device messages wait or are locked, as of when the device was read.</summary>
    public int QueueDepth { get; init; }
}
