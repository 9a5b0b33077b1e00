using Hub.Shared.Devices;

namespace Hub.Server.Messaging.Sessions;

/// <summary>Keeps what persistent sessions must remember across connections and restarts.</summary>
internal interface ISessionStore
{
    /// <summary>The session of this registration of the device; null when there is none (one of an earlier generation does not count).</summary>
    ValueTask<StoredSession?> FindAsync(DeviceId id, string generationId, CancellationToken cancellationToken);

    /// <summary>Keeps the session, in place of any before; durable on return.</summary>
    ValueTask SaveAsync(DeviceId id, string generationId, StoredSession session, CancellationToken cancellationToken);

    /// <summary>Forgets the session; nothing happens when there is none.</summary>
    ValueTask RemoveAsync(DeviceId id, CancellationToken cancellationToken);
}

/// <summary>A persistent session.</summary>
/// <param name="Subscriptions">Topic filters with the granted quality of service.</param>
/// <param name="ExpiresAt">When it ends by itself after the last disconnect (MQTT 5); null for no end.</param>
internal sealed record StoredSession(IReadOnlyDictionary<string, int> Subscriptions, DateTimeOffset? ExpiresAt);
