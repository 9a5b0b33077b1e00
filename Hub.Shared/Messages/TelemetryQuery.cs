using System.Text.Json.Serialization;
using Hub.Shared.Devices;

namespace Hub.Shared.Messages;

/// <summary>The direction in which stored telemetry is read.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TelemetryOrder>))]
public enum TelemetryOrder
{
    /// <summary>The oldest first.</summary>
    [JsonStringEnumMemberName("asc")]
    Ascending,

    /// <summary>The newest first.</summary>
    [JsonStringEnumMemberName("desc")]
    Descending,
}

/// <summary>A question to the log: <c>GET /api/v1/telemetry?deviceId=&amp;partition=&amp;cursor=&amp;after=&amp;from=&amp;to=&amp;order=&amp;q=&amp;limit=</c>.</summary>
public sealed record TelemetryQuery
{
    /// <summary>Only messages of this device.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>Only messages of this partition.</summary>
    public int? Partition { get; init; }

    /// <summary>Only messages after this sequence number; needs <see cref="Partition"/>.</summary>
    public long? After { get; init; }

    /// <summary>Only messages enqueued at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only messages enqueued before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The direction.</summary>
    public TelemetryOrder Order { get; init; }

    /// <summary>Text that the body or a property contains, without case.</summary>
    public string? Q { get; init; }

    /// <summary>How many at most: 1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended, as it said in <c>nextCursor</c>.</summary>
    public string? Cursor { get; init; }
}
