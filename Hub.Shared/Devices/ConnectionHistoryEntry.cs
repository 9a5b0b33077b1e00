using System.Text.Json.Serialization;

namespace Hub.Shared.Devices;

/// <summary>What happened to a device's connection.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectionEvent>))]
public enum ConnectionEvent
{
    /// <summary>A connection was accepted.</summary>
    Connected,

    /// <summary>A connection ended.</summary>
    Disconnected,

    /// <summary>An attempt to connect, or a request over HTTPS, was refused.</summary>
    Refused,
}

/// <summary>One line of a device's connection history; the last 100 are kept.</summary>
public sealed record ConnectionHistoryEntry
{
    /// <summary>The device.</summary>
    public required DeviceId DeviceId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What.</summary>
    public required ConnectionEvent Event { get; init; }

    /// <summary>Which connection, as a short id that the log carries too.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>Over which protocol, such as <c>MQTT 5 over WebSocket</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>From which address and port.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>Why, in words; null for a plain connect.</summary>
    public string? Reason { get; init; }
}
