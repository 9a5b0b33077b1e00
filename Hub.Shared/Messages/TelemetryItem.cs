using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Shared.Devices;

namespace Hub.Shared.Messages;

/// <summary>A stored device-to-cloud message as the API, the live hub and exports show it.</summary>
public sealed record TelemetryItem
{
    /// <summary>The place in the partition: gapless, rising by one. A string in JSON, since 64 bits do not fit JavaScript's numbers.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long SequenceNumber { get; init; }

    /// <summary>The partition, from 0.</summary>
    public required int Partition { get; init; }

    /// <summary>The place as Event Hubs clients know it: opaque text that rises with the sequence number.</summary>
    public required string Offset { get; init; }

    /// <summary>Who sent it.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>When the hub took it in.</summary>
    public required DateTimeOffset EnqueuedTime { get; init; }

    /// <summary>The system properties that are set, by the names of <see cref="SystemPropertyNames"/>.</summary>
    public required IReadOnlyDictionary<string, string> SystemProperties { get; init; }

    /// <summary>The application properties, as the device wrote them.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary>The body, in the form that <see cref="BodyEncoding"/> names.</summary>
    public required JsonElement Body { get; init; }

    /// <summary>The form of the body.</summary>
    public required BodyEncoding BodyEncoding { get; init; }
}
