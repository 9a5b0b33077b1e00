using System.Text.Json.Serialization;
using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>How a message ended whose sender wanted to know, as the feedback stream tells it.</summary>
public sealed record FeedbackItem
{
    /// <summary>The hub's own id of the message. A string in JSON, since 64 bits do not fit JavaScript's numbers.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long Id { get; init; }

    /// <summary>The sender's id of the message.</summary>
    public required string OriginalMessageId { get; init; }

    /// <summary>To which device it was.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>To which registration of that device.</summary>
    public required string DeviceGenerationId { get; init; }

    /// <summary>How it ended.</summary>
    public required DeviceBoundOutcome Outcome { get; init; }

    /// <summary>Why it ended so, in words, where there are any.</summary>
    public string? Description { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset Time { get; init; }
}
