using Hub.Shared.Devices;

namespace Hub.Shared.Operations;

/// <summary>One cause for which a server refused a device, however often it did.</summary>
public sealed record Refusal
{
    /// <summary>Who the peer said it was, which need not be true; null when it did not say so.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>Whether there was such a device then.</summary>
    public required bool IsRegistered { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>How often it was refused for this reason.</summary>
    public required long Count { get; init; }

    /// <summary>The first time.</summary>
    public required DateTimeOffset FirstTime { get; init; }

    /// <summary>The last time.</summary>
    public required DateTimeOffset LastTime { get; init; }

    /// <summary>Over which protocol it came the last time, such as <c>MQTT 5 over WebSocket</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>From which address it came the last time.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>Which connection it was the last time, as a short id that the log carries too.</summary>
    public required string ConnectionId { get; init; }
}
