using System.Text.Json.Serialization;
using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>What a batch does with one device, dead letter or message.</summary>
public sealed record BatchItem
{
    /// <summary>Its place in the batch, from 1.</summary>
    public required int Place { get; init; }

    /// <summary>The device.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>The dead letter or message that it is about; null when a batch sends.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public long? SubjectId { get; init; }

    /// <summary>Whether it is done, well or not.</summary>
    public required bool Done { get; init; }

    /// <summary>The message that was sent; null when none was, or not yet.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public long? MessageId { get; init; }

    /// <summary>Where that message stands; null when there is none, or it is not kept any more.</summary>
    public DeviceBoundState? State { get; init; }

    /// <summary>How that message ended; null while it has not.</summary>
    public DeviceBoundOutcome? Outcome { get; init; }

    /// <summary>Why it was refused, in a sentence; null when it was not.</summary>
    public string? Refusal { get; init; }
}
