using System.Collections.Concurrent;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>Devices in memory, for tests that need a registry but no database. Lists by id only, page by page, whatever else is asked.</summary>
internal sealed class InMemoryDeviceStore : IDeviceStore
{
    private readonly ConcurrentDictionary<DeviceId, Device> _devices = new();

    public ValueTask<Device?> FindAsync(DeviceId id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_devices.GetValueOrDefault(id));

    public ValueTask<bool> TryAddAsync(Device device, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_devices.TryAdd(device.Id, device));

    public ValueTask<bool> TryUpdateAsync(Device device, string expectedETag, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            _devices.TryGetValue(device.Id, out var before) && before.ETag == expectedETag && _devices.TryUpdate(device.Id, device, before));

    public ValueTask<bool> TryRemoveAsync(DeviceId id, string expectedETag, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            _devices.TryGetValue(id, out var before) && before.ETag == expectedETag && _devices.TryRemove(KeyValuePair.Create(id, before)));

    public ValueTask<DeviceListPage> ListAsync(DeviceQuery query, CancellationToken cancellationToken)
    {
        // Of the filters the one that batches use.
        var all = _devices.Values.Where(device => query.Tag is not { } tag || device.Tags.Any(pair => tag == pair.Key || tag == $"{pair.Key}={pair.Value}")).OrderBy(device => device.Id.Value, StringComparer.Ordinal).ToArray();
        if (query.Cursor is { } cursor && !cursor.StartsWith("after:", StringComparison.Ordinal))
            throw new FormatException("Not a cursor of this store.");
        var rest = all.Where(device => query.Cursor is null || string.CompareOrdinal(device.Id.Value, query.Cursor[6..]) > 0).ToArray();
        var page = rest.Take(query.Limit).ToArray();
        return ValueTask.FromResult(new DeviceListPage(page, page.Length < rest.Length ? $"after:{page[^1].Id.Value}" : null, all.Length));
    }

    public ValueTask<DeviceCounts> CountAsync(CancellationToken cancellationToken)
    {
        var disabled = _devices.Values.Count(device => device.Status == DeviceStatus.Disabled);
        return ValueTask.FromResult(new DeviceCounts(_devices.Count, _devices.Count - disabled, disabled));
    }

    public ValueTask UpdatePresenceAsync(IReadOnlyList<PresenceUpdate> updates, CancellationToken cancellationToken)
    {
        foreach (var update in updates)
        {
            if (_devices.TryGetValue(update.Id, out var device) && device.GenerationId == update.GenerationId)
                _devices[update.Id] = device with { Presence = Keeping(device.Presence, update.Presence) };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask UpdateActivityAsync(IReadOnlyList<ActivityUpdate> updates, CancellationToken cancellationToken)
    {
        foreach (var (id, generationId, time) in updates)
        {
            if (_devices.TryGetValue(id, out var device) && device.GenerationId == generationId && !(device.Presence.LastActivityTime > time))
                _devices[id] = device with { Presence = device.Presence with { LastActivityTime = time } };
        }

        return ValueTask.CompletedTask;
    }

    private static DevicePresence Keeping(DevicePresence before, DevicePresence after) =>
        after.ConnectionState == ConnectionState.Connected ? after with { DisconnectReason = before.DisconnectReason } : after;

    public ValueTask ResetPresenceAsync(string reason, DateTimeOffset time, CancellationToken cancellationToken)
    {
        foreach (var device in _devices.Values.Where(device => device.Presence.ConnectionState == ConnectionState.Connected))
        {
            _devices[device.Id] = device with
            {
                Presence = device.Presence with
                {
                    ConnectionState = ConnectionState.Disconnected, ConnectionStateUpdatedTime = time, DisconnectReason = reason, Protocol = null,
                },
            };
        }

        return ValueTask.CompletedTask;
    }
}
