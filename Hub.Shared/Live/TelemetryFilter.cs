using System.Text.Json;
using Hub.Shared.Devices;

namespace Hub.Shared.Live;

/// <summary>What a viewer of the live stream wants to see; all of it optional, all of it applied on the server.</summary>
public sealed record TelemetryFilter
{
    /// <summary>Rows a second to a viewer unless asked otherwise.</summary>
    public const int DefaultMaxPerSecond = 1_000;

    /// <summary>Only messages of these devices (at most 1,000).</summary>
    public IReadOnlyList<DeviceId>? DeviceIds { get; init; }

    /// <summary>Only messages of this partition.</summary>
    public int? Partition { get; init; }

    /// <summary>Text that the body or a property contains, without case; at most 256 characters.</summary>
    public string? Q { get; init; }

    /// <summary>Only messages whose application properties have these values, ordinal; at most 20.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>
    /// Where to begin: absent or <c>"now"</c>, or an object that gives for a partition the sequence number of the first message to come,
    /// as in <c>{ "0": "42", "3": "8" }</c>; 0 for all that is stored. Partitions left out begin now. <see cref="LiveBatch{T}.Next"/> has
    /// this form.
    /// </summary>
    public JsonElement? From { get; init; }

    /// <summary>Rows a second to this viewer at most (1 to 10,000); above that the stream is evenly sampled.</summary>
    public int? MaxPerSecond { get; init; }
}
