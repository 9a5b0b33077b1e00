using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>
/// Keeps the devices. Every method is atomic and durable when it returns. Ids are compared by ordinal.
/// Presence is written by its own method and changes no etag.
/// </summary>
internal interface IDeviceStore
{
    /// <summary>The device, or null.</summary>
    ValueTask<Device?> FindAsync(DeviceId id, CancellationToken cancellationToken);

    /// <summary>Adds the device; false, and nothing changed, when the id is taken.</summary>
    ValueTask<bool> TryAddAsync(Device device, CancellationToken cancellationToken);

    /// <summary>Replaces the device's registration (all but presence) if its etag is still <paramref name="expectedETag"/>; false otherwise.</summary>
    ValueTask<bool> TryUpdateAsync(Device device, string expectedETag, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the device, its sessions and its connection history if its etag is still <paramref name="expectedETag"/>; false otherwise.
    /// </summary>
    ValueTask<bool> TryRemoveAsync(DeviceId id, string expectedETag, CancellationToken cancellationToken);

    /// <summary>
    /// One page of the devices that match, with the count of all that match (that of the first page, as its cursor carries it, where
    /// counting again would be slow). Devices that sort alike come in the order in which they were added.
    /// </summary>
    /// <exception cref="FormatException">The cursor is not one that this store gave for the same query.</exception>
    ValueTask<DeviceListPage> ListAsync(DeviceQuery query, CancellationToken cancellationToken);

    /// <summary>How many devices there are.</summary>
    ValueTask<DeviceCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes presence of some devices in one transaction, which all other writers wait for: some hundreds, no more. Devices that are
    /// gone, or of another generation, are passed over. A device that is connected keeps the reason of its last disconnect.
    /// </summary>
    ValueTask UpdatePresenceAsync(IReadOnlyList<PresenceUpdate> updates, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the last activity of many devices forward, never back, in one transaction; devices that are gone, or of another generation,
    /// are passed over. For devices that are heard without a connection of their own.
    /// </summary>
    ValueTask UpdateActivityAsync(IReadOnlyList<ActivityUpdate> updates, CancellationToken cancellationToken);

    /// <summary>At the start: nobody is connected, and whoever was is marked with <paramref name="reason"/>.</summary>
    ValueTask ResetPresenceAsync(string reason, DateTimeOffset time, CancellationToken cancellationToken);
}

/// <summary>A page of devices.</summary>
internal sealed record DeviceListPage(IReadOnlyList<Device> Items, string? NextCursor, int TotalCount);

/// <summary>Devices by status.</summary>
internal readonly record struct DeviceCounts(int Total, int Enabled, int Disabled);

/// <summary>The presence of a device of one generation.</summary>
internal sealed record PresenceUpdate(DeviceId Id, string GenerationId, DevicePresence Presence);

/// <summary>When a device of one generation was heard.</summary>
internal sealed record ActivityUpdate(DeviceId Id, string GenerationId, DateTimeOffset Time);
