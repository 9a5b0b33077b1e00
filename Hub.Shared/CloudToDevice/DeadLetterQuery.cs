using Hub.Shared.Devices;

namespace Hub.Shared.CloudToDevice;

/// <summary>A question to the dead letters: <c>GET /api/v1/deadletters?deviceId=&amp;reason=&amp;description=&amp;resubmitted=&amp;from=&amp;to=&amp;q=&amp;limit=&amp;cursor=</c>; the newest first.</summary>
public sealed record DeadLetterQuery
{
    /// <summary>Only of this device.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>Only of this reason.</summary>
    public DeadLetterReason? Reason { get; init; }

    /// <summary>Only of this description, exactly; empty: only those without one.</summary>
    public string? Description { get; init; }

    /// <summary>Only those that were (true) or were not (false) sent again.</summary>
    public bool? Resubmitted { get; init; }

    /// <summary>Only those that were dead-lettered at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only those that were dead-lettered before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Text that the body, a property, the message id or the description contains, without case for ASCII letters.</summary>
    public string? Q { get; init; }

    /// <summary>How many at most: 1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page before ended, as it said in <c>nextCursor</c>.</summary>
    public string? Cursor { get; init; }
}
