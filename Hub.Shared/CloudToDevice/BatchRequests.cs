using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>A message to many devices: the body of <c>POST /api/v1/c2d/batches</c>. Devices by id, or by tag, not both.</summary>
public sealed record SendBatch
{
    /// <summary>To these devices, at most 10,000; one named twice gets it once.</summary>
    public IReadOnlyList<string>? DeviceIds { get; init; }

    /// <summary>To all devices with this tag: <c>name</c> or <c>name=value</c>.</summary>
    public string? Tag { get; init; }

    /// <summary>What each of them gets; required.</summary>
    public SendMessage? Message { get; init; }
}

/// <summary>Which dead letters: the body of <c>POST /api/v1/deadletters/batches/resubmit</c> and <c>/purge</c>. By id, or all that match; not both.</summary>
public sealed record DeadLetterBatch
{
    /// <summary>These, at most 10,000.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>All that match and are there now; its limit and cursor mean nothing here.</summary>
    public DeadLetterQuery? Filter { get; init; }

    /// <summary>When sent again: how long each may wait, as an ISO 8601 duration; the default of the hub when absent.</summary>
    public string? TimeToLive { get; init; }

    /// <summary>How long it can be undone before it begins, as an ISO 8601 duration of at most a minute; at once when absent.</summary>
    public string? Hold { get; init; }
}

/// <summary>Which messages are to end: the body of <c>POST /api/v1/c2d/batches/cancel</c>. By id, or the queue of a device; not both.</summary>
public sealed record CancelBatch
{
    /// <summary>Cancels these, at most 10,000.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>Purges the queue of this device: all that is in it now.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>How long it can be undone before it begins, as an ISO 8601 duration of at most a minute; at once when absent. Nothing of it is delivered meanwhile.</summary>
    public string? Hold { get; init; }
}
