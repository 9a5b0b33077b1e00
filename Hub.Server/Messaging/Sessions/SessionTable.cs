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

    public SessionTable(DeviceRegistry registry) => registry.Changed += OnDeviceChanged;

    /// <summary>Raised after a link came in, with the link it took over from, if any.</summary>
    public event Action<IDeviceLink, IDeviceLink?>? Added;

    /// <summary>Raised after a link went, with the reason; also for one that was taken over.</summary>
    public event Action<IDeviceLink, LinkCloseReason>? Removed;

    public int Count => _links.Count;

    public IEnumerable<IDeviceLink> Links => _links.Values;

    public bool TryGet(DeviceId id, [NotNullWhen(true)] out IDeviceLink? link) => _links.TryGetValue(id, out link);

    /// <summary>
    /// Puts a link in. One that is there already is closed and loses its place at once, so that of any number of racing connections
    /// exactly one survives: the last.
    /// </summary>
    /// <returns>The link that was taken over; null when there was none.</returns>
    public IDeviceLink? Add(IDeviceLink link)
    {
        IDeviceLink? before = null;
        _links.AddOrUpdate(link.DeviceId, link, (_, other) =>
        {
            before = other;
            return link;
        });
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

    private static readonly LinkCloseReason TakenOver =
        new(LinkCloseKind.TakenOver, "The same device connected again; a device has one connection at a time.");

    private void OnDeviceChanged(DeviceChanged change)
    {
        if (change.Before is null || !_links.TryGetValue(change.Before.Id, out var link))
            return;

        if (change.After is null)
            link.Close(new(LinkCloseKind.DeviceDeleted, "The device was deleted."));
        else if (change.After.Status == DeviceStatus.Disabled)
            link.Close(new(LinkCloseKind.DeviceDisabled, "The device was disabled."));
        else if (!link.Proof.HoldsFor(change.After))
            link.Close(new(LinkCloseKind.CredentialChanged, "The key or thumbprint that the device had connected with was changed."));
    }
}
