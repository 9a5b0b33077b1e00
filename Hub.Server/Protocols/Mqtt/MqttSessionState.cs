using Hub.Server.Messaging;
using Hub.Server.Messaging.Sessions;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The subscriptions of one connected device, and whether they outlive the connection. Used by the connection's reading loop only.
/// </summary>
internal sealed class MqttSessionState
{
    private readonly ISessionStore _store;
    private readonly MessageSender _sender;
    private readonly Dictionary<string, int> _subscriptions;

    /// <summary>How long the session lives on after the connection, in seconds; <see cref="uint.MaxValue"/> for ever.</summary>
    private uint _expirySeconds;

    private MqttSessionState(ISessionStore store, MessageSender sender, StoredSession? stored, uint expirySeconds)
    {
        _store = store;
        _sender = sender;
        _expirySeconds = expirySeconds;
        _subscriptions = stored is null ? new(StringComparer.Ordinal) : new(stored.Subscriptions, StringComparer.Ordinal);
        WasPresent = stored is not null;
    }

    /// <summary>Whether the session was there before this connection.</summary>
    public bool WasPresent { get; }

    private bool IsPersistent => _expirySeconds > 0;

    /// <summary>Finds the device's session, or begins one, as its CONNECT asks.</summary>
    public static async Task<MqttSessionState> OpenAsync(
        ISessionStore store, MessageSender sender, MqttConnectPacket connect, bool version5, DateTimeOffset now)
    {
        var expirySeconds = version5 ? connect.SessionExpiryInterval : connect.CleanSession ? 0 : uint.MaxValue;
        var stored = await store.FindAsync(sender.DeviceId, sender.GenerationId, CancellationToken.None);
        if (stored is not null && (connect.CleanSession || stored.ExpiresAt <= now))
        {
            await store.RemoveAsync(sender.DeviceId, CancellationToken.None);
            stored = null;
        }

        var session = new MqttSessionState(store, sender, stored, expirySeconds);
        if (session.IsPersistent && (stored is null || stored.ExpiresAt is not null))
            await session.SaveAsync();
        return session;
    }

    public bool IsSubscribed(string filter) => _subscriptions.ContainsKey(filter);

    public void Subscribe(string filter, int qualityOfService) => _subscriptions[filter] = qualityOfService;

    public bool Unsubscribe(string filter) => _subscriptions.Remove(filter);

    /// <summary>Makes the subscriptions last, if the session does.</summary>
    public ValueTask SaveAsync() => IsPersistent ? SaveAsync(expiresAt: null) : default;

    /// <summary>Changes the expiry at the end of the connection; false when it was 0 (MQTT 5, 3.14.2.2.2).</summary>
    public bool TryChangeExpiry(uint seconds)
    {
        if (!IsPersistent)
            return false;
        _expirySeconds = seconds;
        return true;
    }

    /// <summary>A delay, but no longer than the session lives on.</summary>
    public TimeSpan Limit(uint seconds) => TimeSpan.FromSeconds(Math.Min(seconds, _expirySeconds));

    /// <summary>Notes when the session ends, now that its connection has.</summary>
    public ValueTask EndAsync(DateTimeOffset now) =>
        IsPersistent && _expirySeconds != uint.MaxValue ? SaveAsync(now.AddSeconds(_expirySeconds)) : default;

    private ValueTask SaveAsync(DateTimeOffset? expiresAt) =>
        _store.SaveAsync(_sender.DeviceId, _sender.GenerationId, new StoredSession(_subscriptions, expiresAt), CancellationToken.None);
}
