using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>A question to the list of cloud-to-device messages: <c>GET /api/v1/c2d?deviceId=&amp;state=&amp;from=&amp;to=&amp;q=&amp;limit=&amp;cursor=</c>; the newest first.</summary>
public sealed record DeviceBoundQuery
{
    /// <summary>Only messages to this device.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>Only messages that stand so.</summary>
    public DeviceBoundState? State { get; init; }

    /// <summary>Only messages enqueued at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only messages enqueued before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Text that the body, a property, the message id or the description contains, without case for ASCII letters.</summary>
    public string? Q { get; init; }

    /// <summary>How many at most: 1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended, as it said in <c>nextCursor</c>.</summary>
    public string? Cursor { get; init; }
}
