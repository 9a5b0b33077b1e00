using System.Text.Json.Serialization;

namespace Hub.Shared.Devices;

/// <summary>What a list of devices is sorted by.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeviceSort>))]
public enum DeviceSort
{
    /// <summary>By id, ordinal.</summary>
    [JsonStringEnumMemberName("id")]
    Id,

    /// <summary>By the time of the last activity; devices never heard of come last when descending.</summary>
    [JsonStringEnumMemberName("lastActivity")]
    LastActivity,

    /// <summary>By the time of registration.</summary>
    [JsonStringEnumMemberName("created")]
    Created,
}

/// <summary>A question to the registry: <c>GET /api/v1/devices?q=&amp;status=&amp;connected=&amp;tag=&amp;sort=&amp;desc=&amp;limit=&amp;cursor=</c>.</summary>
public sealed record DeviceQuery
{
    /// <summary>Text that the id, a tag's name or a tag's value contains, without case; literal, no wildcards.</summary>
    public string? Q { get; init; }

    /// <summary>Only devices of that status.</summary>
    public DeviceStatus? Status { get; init; }

    /// <summary>Only devices that are connected (true) or not (false).</summary>
    public bool? Connected { get; init; }

    /// <summary>Only devices with this tag: <c>name</c> or <c>name=value</c>.</summary>
    public string? Tag { get; init; }

    /// <summary>The order.</summary>
    public DeviceSort Sort { get; init; }

    /// <summary>From the greatest to the least.</summary>
    public bool Desc { get; init; }

    /// <summary>How many at most: 1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended, as it said in <c>nextCursor</c>.</summary>
    public string? Cursor { get; init; }
}

/// <summary>A page of devices, with the number of all that match.</summary>
public sealed record DevicePage
{
    /// <summary>The devices of this page.</summary>
    public required IReadOnlyList<DeviceDetails> Items { get; init; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public string? NextCursor { get; init; }

    /// <summary>How many devices match in all.</summary>
    public required int TotalCount { get; init; }
}
