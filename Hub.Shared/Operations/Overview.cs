using System.Text.Json.Serialization;

namespace Hub.Shared.Operations;

/// <summary>The hub's figures at one moment: what the overview page shows.</summary>
public sealed record Overview
{
    /// <summary>When the figures were taken.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>When this server started.</summary>
    public required DateTimeOffset StartedTime { get; init; }

    /// <summary>The version of the server.</summary>
    public required string Version { get; init; }

    /// <summary>Device-to-cloud messages accepted in the last second.</summary>
    public required double MessagesPerSecond { get; init; }

    /// <summary>Messages accepted a second, for each of the last 300 seconds, the oldest first.</summary>
    public required IReadOnlyList<double> MessageRates { get; init; }

    /// <summary>Device-to-cloud messages accepted since the start.</summary>
    public required long MessagesAccepted { get; init; }

    /// <summary>Messages refused since the start.</summary>
    public required long MessagesRejected { get; init; }

    /// <summary>Refused messages by reason.</summary>
    public required IReadOnlyDictionary<string, long> RejectedByReason { get; init; }

    /// <summary>How often devices, or peers that named one, were refused since the start; the list of refusals says for what.</summary>
    public required long Refusals { get; init; }

    /// <summary>Devices with a live connection.</summary>
    public required int ConnectedDevices { get; init; }

    /// <summary>Live connections by protocol.</summary>
    public required IReadOnlyDictionary<string, int> ConnectionsByProtocol { get; init; }

    /// <summary>Registered devices.</summary>
    public required int TotalDevices { get; init; }

    /// <summary>Registered devices that are disabled.</summary>
    public required int DisabledDevices { get; init; }

    /// <summary>The partitions of the log.</summary>
    public required IReadOnlyList<PartitionOverview> Partitions { get; init; }

    /// <summary>The cloud-to-device messages.</summary>
    public required QueuesOverview Queues { get; init; }

    /// <summary>The room that storage takes.</summary>
    public required StorageOverview Storage { get; init; }

    /// <summary>Each check of health, worst first.</summary>
    public required IReadOnlyList<HealthCheckOverview> Health { get; init; }
}

/// <summary>A partition of the device-to-cloud log.</summary>
public sealed record PartitionOverview
{
    /// <summary>The partition, from 0.</summary>
    public required int Partition { get; init; }

    /// <summary>The oldest sequence number that is kept; one past the last when the partition is empty.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long FirstSequenceNumber { get; init; }

    /// <summary>The newest sequence number; -1 before the first message.</summary>
    [JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)]
    public required long LastSequenceNumber { get; init; }

    /// <summary>When the newest message was enqueued; null before the first.</summary>
    public DateTimeOffset? LastEnqueuedTime { get; init; }
}

/// <summary>The room that storage takes, in bytes.</summary>
/// <param name="TelemetryBytes">The device-to-cloud log.</param>
/// <param name="ControlBytes">Everything else.</param>
/// <param name="FreeBytes">What is free on the volume.</param>
/// <param name="StopBelowBytes">Below this much free space, ingest stops.</param>
public sealed record StorageOverview(long TelemetryBytes, long ControlBytes, long FreeBytes, long StopBelowBytes);

/// <summary>How something fares.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthState>))]
public enum HealthState
{
    /// <summary>It does not work.</summary>
    Unhealthy,

    /// <summary>It works, but something needs attention.</summary>
    Degraded,

    /// <summary>It works.</summary>
    Healthy,
}

/// <summary>One check of health.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="State">How it fares.</param>
/// <param name="Description">Why, and what to do, in one sentence; null when all is well.</param>
public sealed record HealthCheckOverview(string Name, HealthState State, string? Description);
