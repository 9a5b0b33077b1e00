using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>Keeps what persistent sessions must remember across connections and restarts.</summary>
internal interface ISessionStore
{
    /// <summary>The session of this registration of the device; null when there is none (one of an earlier generation does not count).</summary>
    ValueTask<StoredSession?> FindAsync(DeviceId id, string generationId, CancellationToken cancellationToken);

    /// <summary>Keeps the session, in place of any before; durable on return.</summary>
    ValueTask SaveAsync(DeviceId id, string generationId, StoredSession session, CancellationToken cancellationToken);

    /// <summary>
    /// Lets the sessions that were stored while their device was connected end as if the connection had ended now: whoever could have noted
    /// its end is no more. To be called before any device connects.
    /// </summary>
    ValueTask EndAbandonedAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Forgets the session; nothing happens when there is none.</summary>
    ValueTask RemoveAsync(DeviceId id, CancellationToken cancellationToken);
}

/// <summary>A persistent session.</summary>
/// <param name="Subscriptions">Topic filters with the granted quality of service.</param>
/// <param name="ExpiresAt">When it ends by itself after the last disconnect (MQTT 5); null while the device is connected, and for no end.</param>
/// <param name="Expiry">How long it outlives its connection; null for ever.</param>
internal sealed record StoredSession(IReadOnlyDictionary<string, int> Subscriptions, DateTimeOffset? ExpiresAt, TimeSpan? Expiry);
