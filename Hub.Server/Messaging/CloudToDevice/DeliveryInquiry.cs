using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Finds out how things stand with a message, and has it explained. To ask changes nothing. Singleton; safe from any thread.</summary>
internal sealed class DeliveryInquiry(
    IDeviceBoundStore store, DeviceRegistry registry, SessionTable sessions, IOptions<CloudToDeviceOptions> options, TimeProvider time)
{
    /// <summary>Why a message is not delivered; null when there is none of that id.</summary>
    public async ValueTask<DeliveryExplanation?> ExplainAsync(long id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { Entry: var entry })
            return null;
        var device = await registry.FindAsync(entry.DeviceId, cancellationToken);
        if (device?.GenerationId != entry.GenerationId)
            device = null;
        var now = time.GetUtcNow();
        return new DeliveryExplanation(now, DeliveryExplainer.Explain(new DeliverySituation
        {
            Entry = entry,
            // The table knows better than the store whether it is here.
            Device = device is null ? null : device with { Presence = sessions.PresenceOf(device) },
            Link = device is null ? null : LinkOf(device),
            Ahead = await store.FindAheadAsync(entry, cancellationToken),
            MaxDeliveryCount = options.Value.MaxDeliveryCount,
            Now = now,
        }));
    }

    private LinkSituation? LinkOf(Device device)
    {
        if (!sessions.TryGet(device.Id, out var link) || link.GenerationId != device.GenerationId)
            return null;
        var pushes = link as IDeviceBoundLink;
        return new LinkSituation(link.Protocol, link.ConnectedTime, pushes is not null, pushes?.TakesMessages ?? false, pushes?.DeliveryRoom ?? 0);
    }
}
