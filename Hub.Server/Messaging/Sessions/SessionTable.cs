using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>
/// The one live link of each connected device. Takes care that there is never more than one, and that a link ends when its device is
/// disabled, deleted or given another key. Singleton; safe from any thread.
/// </summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<DeviceId, IDeviceLink> _links = new();
    private readonly DeviceRegistry _registry;
    private long _registryChanges;

    public SessionTable(DeviceRegistry registry)
    {
        _registry = registry;
        registry.Changed += OnDeviceChanged;
    }

    /// <summary>Raised after a link came in, with the link it took over from, if any.</summary>
    public event Action<IDeviceLink, IDeviceLink?>? Added;

    /// <summary>Raised after a link went, with the reason; also for one that was taken over.</summary>
    public event Action<IDeviceLink, LinkCloseReason>? Removed;

    public int Count => _links.Count;

    public IEnumerable<IDeviceLink> Links => _links.Values;

    /// <summary>How many changes of the registry were heard of; to be noted before a device is authenticated, for <see cref="ConfirmAsync"/>.</summary>
    public long RegistryChanges => Interlocked.Read(ref _registryChanges);

    public bool TryGet(DeviceId id, [NotNullWhen(true)] out IDeviceLink? link) => _links.TryGetValue(id, out link);

    /// <summary>What is true of a device's presence now. The store is a moment behind the table; where they differ, the table is right.</summary>
    public DevicePresence PresenceOf(Device device) =>
        TryGet(device.Id, out var link) && link.GenerationId == device.GenerationId
            ? device.Presence with
            {
                ConnectionState = ConnectionState.Connected,
                ConnectionStateUpdatedTime = link.ConnectedTime,
                LastActivityTime = link.LastActivityTime,
                Protocol = link.Protocol,
            }
            : device.Presence with { ConnectionState = ConnectionState.Disconnected, Protocol = null };

    /// <summary>
    /// Puts a link in. One that is there already is closed and loses its place at once, so that of any number of racing connections
    /// exactly one survives: the last.
    /// </summary>
    /// <returns>The link that was taken over; null when there was none.</returns>
    public IDeviceLink? Add(IDeviceLink link)
    {
        IDeviceLink? before;
        while (_links.TryGetValue(link.DeviceId, out before)
            ? !_links.TryUpdate(link.DeviceId, link, before)
            : !_links.TryAdd(link.DeviceId, link))
        {
            // Another connection of the device was quicker: look again.
        }

        if (before is not null)
        {
            before.Close(TakenOver);
            Removed?.Invoke(before, TakenOver);
        }

        Added?.Invoke(link, before);
        return before;
    }

    /// <summary>Takes a link out when its connection has ended; does nothing when it has lost its place before.</summary>
    public void Remove(IDeviceLink link, LinkCloseReason reason)
    {
        if (_links.TryRemove(new KeyValuePair<DeviceId, IDeviceLink>(link.DeviceId, link)))
            Removed?.Invoke(link, reason);
    }

    /// <summary>
    /// Closes a link that is in the table if its device was changed, against it, while it was being authenticated: a change that came
    /// before the link did found nothing to close.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="changesBefore">What <see cref="RegistryChanges"/> was before the device was looked up.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async ValueTask ConfirmAsync(IDeviceLink link, long changesBefore, CancellationToken cancellationToken)
    {
        if (RegistryChanges == changesBefore)
            return;
        var device = await _registry.FindAsync(link.DeviceId, cancellationToken);
        CloseUnlessGood(link, device?.GenerationId == link.GenerationId ? device : null);
    }

    private static readonly LinkCloseReason TakenOver =
        new(LinkCloseKind.TakenOver, "The same device connected again; a device has one connection at a time.");

    private void OnDeviceChanged(DeviceChanged change)
    {
        Interlocked.Increment(ref _registryChanges);
        if (change.Before is not null && _links.TryGetValue(change.Before.Id, out var link))
            CloseUnlessGood(link, change.After);
    }

    private static void CloseUnlessGood(IDeviceLink link, Device? device)
    {
        if (device is null)
            link.Close(new(LinkCloseKind.DeviceDeleted, "The device was deleted."));
        else if (device.Status == DeviceStatus.Disabled)
            link.Close(new(LinkCloseKind.DeviceDisabled, "The device was disabled."));
        else if (!link.Proof.HoldsFor(device))
            link.Close(new(LinkCloseKind.CredentialChanged, "The key or thumbprint that the device had connected with was changed."));
    }
}
