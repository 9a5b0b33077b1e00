using System.Collections.Concurrent;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>Devices in memory, for tests that need a registry but no database. Lists by id only.</summary>
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
        if (query.Cursor is not null && !DeviceId.TryParse(query.Cursor, out _))
            throw new FormatException("The cursor is none of this store.");
        var all = _devices.Values.OrderBy(device => device.Id.Value, StringComparer.Ordinal).ToArray();
        var rest = all.Where(device => query.Cursor is null || string.CompareOrdinal(device.Id.Value, query.Cursor) > 0).ToArray();
        var page = rest.Take(query.Limit).ToArray();
        return ValueTask.FromResult(new DeviceListPage(page, page.Length < rest.Length ? page[^1].Id.Value : null, all.Length));
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
                _devices[update.Id] = device with { Presence = update.Presence };
        }

        return ValueTask.CompletedTask;
    }

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
