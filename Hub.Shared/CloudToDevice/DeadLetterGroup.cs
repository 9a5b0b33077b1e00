using System.Text.Json.Serialization;
using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>By what dead letters are grouped, beside their reason.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeadLetterGrouping>))]
public enum DeadLetterGrouping
{
    /// <summary>By what the device, or the hub, said: the same fault of many devices is one group.</summary>
    [JsonStringEnumMemberName("description")]
    Description,

    /// <summary>By device.</summary>
    [JsonStringEnumMemberName("device")]
    Device,

    /// <summary>By device and description.</summary>
    [JsonStringEnumMemberName("deviceAndDescription")]
    DeviceAndDescription,
}

/// <summary>Dead letters that failed alike and were not sent again yet.</summary>
public sealed record DeadLetterGroup
{
    /// <summary>Why they were dead-lettered.</summary>
    public required DeadLetterReason Reason { get; init; }

    /// <summary>The device of all of them; null when the groups are not by device.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>The description of all of them; null when they have none, or the groups are not by description.</summary>
    public string? Description { get; init; }

    /// <summary>How many there are.</summary>
    public required long Count { get; init; }

    /// <summary>Of how many devices.</summary>
    public required int Devices { get; init; }

    /// <summary>The hour (its beginning) in which the oldest of them was dead-lettered.</summary>
    public required DateTimeOffset FirstHour { get; init; }

    /// <summary>The hour (its beginning) in which the newest of them was dead-lettered.</summary>
    public required DateTimeOffset LastHour { get; init; }

    /// <summary>How many were dead-lettered in each of the last 24 hours, the oldest first; the last hour is the one that has begun.</summary>
    public required IReadOnlyList<long> Trend { get; init; }
}

/// <summary>The groups of dead letters, the largest first: <c>GET /api/v1/deadletters/groups?by=&amp;deviceId=&amp;reason=</c>.</summary>
/// <param name="Items">The largest groups.</param>
/// <param name="Groups">How many groups there are in all.</param>
/// <param name="Total">How many dead letters are in all the groups.</param>
public sealed record DeadLetterGroups(IReadOnlyList<DeadLetterGroup> Items, int Groups, long Total);

/// <summary>How many dead letters a question finds: <c>GET /api/v1/deadletters/count</c>, with the filters of the list.</summary>
/// <param name="Count">How many.</param>
/// <param name="IsAtLeast">Whether there may be more: a search ends once it has looked through so many.</param>
/// <param name="Devices">Of how many devices those are.</param>
/// <param name="FirstDevices">Three of them at most, by id.</param>
public sealed record DeadLetterCount(long Count, bool IsAtLeast, int Devices, IReadOnlyList<DeviceId> FirstDevices);
