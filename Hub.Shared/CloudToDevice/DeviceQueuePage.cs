namespace Hub.Shared.CloudToDevice;

/// <summary>What is in a device's queue, the next first: <c>GET /api/v1/devices/{id}/c2d?limit=&amp;cursor=</c>. To look changes nothing.</summary>
public sealed record DeviceQueuePage
{
    /// <summary>The messages of this page, by sequence number.</summary>
    public required IReadOnlyList<DeviceBoundItem> Items { get; init; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public string? NextCursor { get; init; }

    /// <summary>How many messages are in the queue, locked or not.</summary>
    public required int Depth { get; init; }

    /// <summary>How many it may hold.</summary>
    public required int MaxDepth { get; init; }
}
