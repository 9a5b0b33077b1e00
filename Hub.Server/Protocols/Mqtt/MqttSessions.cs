using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using Hub.Server.Messaging;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Opens, keeps and ends the MQTT sessions. A session belongs to the connection that opened it last: what an earlier one, taken over
/// and still ending, would write is passed over. The steps of one device take turns. Singleton; safe from any thread.
/// </summary>
internal sealed class MqttSessions(ISessionStore store, TimeProvider time)
{
    private const int Turns = 64;

    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1))];
    private readonly ConcurrentDictionary<DeviceId, MqttSessionState> _owners = new();

    /// <summary>
    /// Of sessions without a connection: what they left unacknowledged, to be sent again under the same packet ids [MQTT-4.4.0-1]. After a
    /// restart it is not known any more, and goes out as new.
    /// </summary>
    private readonly ConcurrentDictionary<DeviceId, IReadOnlyDictionary<long, ushort>> _unacknowledged = new();

    /// <summary>At the start: a hub that crashed has noted the end of no connection, and the sessions of its devices must end all the same.</summary>
    public ValueTask EndAbandonedAsync(CancellationToken cancellationToken) => store.EndAbandonedAsync(time.GetUtcNow(), cancellationToken);

    /// <summary>Finds the device's session, or begins one, as its CONNECT asks.</summary>
    public async Task<MqttSessionState> OpenAsync(MessageSender sender, MqttConnectPacket connect, bool version5)
    {
        var expirySeconds = version5 ? connect.SessionExpiryInterval : connect.CleanSession ? 0 : uint.MaxValue;
        var turn = TurnOf(sender.DeviceId);
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            var stored = await store.FindAsync(sender.DeviceId, sender.GenerationId, CancellationToken.None);
            var goesOn = stored is not null && !connect.CleanSession && !(stored.ExpiresAt <= time.GetUtcNow());
            var hasLeft = _unacknowledged.TryRemove(sender.DeviceId, out var left);
            // Of a connection that is being taken over this moment, what it has under way now.
            if (_owners.TryGetValue(sender.DeviceId, out var living) && living.Deliveries is { } underWay)
                (hasLeft, left) = (true, underWay.Unacknowledged());
            var session = new MqttSessionState(sender, goesOn ? stored : null, expirySeconds)
            {
                Resumed = goesOn && hasLeft ? left! : ReadOnlyDictionary<long, ushort>.Empty,
            };

            // One that ends with its connection is kept in memory only: after a crash it is not there.
            if (stored is not null && (!goesOn || !session.IsPersistent))
                await store.RemoveAsync(sender.DeviceId, CancellationToken.None);
            if (session.IsPersistent && (!goesOn || stored!.ExpiresAt is not null || stored.Expiry != session.Expiry))
                await StoreAsync(session, expiresAt: null);

            if (_owners.TryGetValue(sender.DeviceId, out var before))
                before.IsContinued = goesOn;
            _owners[sender.DeviceId] = session;
            return session;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Makes the subscriptions last, if the session does.</summary>
    public async ValueTask SaveAsync(MqttSessionState session)
    {
        if (!session.IsPersistent)
            return;
        var turn = TurnOf(session.Sender.DeviceId);
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            if (IsOwner(session))
                await StoreAsync(session, expiresAt: null);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Notes when the session ends, now that its connection has.</summary>
    public async ValueTask EndAsync(MqttSessionState session)
    {
        var turn = TurnOf(session.Sender.DeviceId);
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            if (!_owners.TryRemove(new(session.Sender.DeviceId, session)))
                return;
            if (session.IsPersistent && session.Deliveries?.Unacknowledged() is { Count: > 0 } left)
                _unacknowledged[session.Sender.DeviceId] = left;
            if (session is { WasPersistent: true, IsPersistent: false })
                await store.RemoveAsync(session.Sender.DeviceId, CancellationToken.None);
            else if (session.IsPersistent && (session.Expiry is not null || session.HasNewExpiry))
                await StoreAsync(session, time.GetUtcNow() + session.Expiry);
        }
        finally
        {
            turn.Release();
        }
    }

    private bool IsOwner(MqttSessionState session) =>
        _owners.TryGetValue(session.Sender.DeviceId, out var owner) && ReferenceEquals(owner, session);

    private ValueTask StoreAsync(MqttSessionState session, DateTimeOffset? expiresAt) => store.SaveAsync(
        session.Sender.DeviceId, session.Sender.GenerationId, new StoredSession(session.Subscriptions, expiresAt, session.Expiry), CancellationToken.None);

    private SemaphoreSlim TurnOf(DeviceId id) => _turns[(uint)id.GetHashCode() % Turns];
}
