using System.Collections.ObjectModel;
using Hub.Server.Messaging;
using Hub.Server.Messaging.Sessions;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The subscriptions of one connected device, and whether they outlive the connection. Used by the connection's reading loop only;
/// kept by <see cref="MqttSessions"/>.
/// </summary>
internal sealed class MqttSessionState(MessageSender sender, StoredSession? stored, uint expirySeconds)
{
    private readonly uint _expiryAtOpen = expirySeconds;

    // Most devices subscribe to nothing.
    private Dictionary<string, int>? _subscriptions = stored is null ? null : new(stored.Subscriptions, StringComparer.Ordinal);

    private volatile object? _isContinued;

    public MessageSender Sender { get; } = sender;

    /// <summary>Under which packet ids the connection before this one left messages unacknowledged, by the messages' ids.</summary>
    public IReadOnlyDictionary<long, ushort> Resumed { get; init; } = ReadOnlyDictionary<long, ushort>.Empty;

    /// <summary>What goes to the device; null until it has subscribed.</summary>
    public MqttDeliveries? Deliveries { get; set; }

    public IReadOnlyDictionary<string, int> Subscriptions => _subscriptions ?? (IReadOnlyDictionary<string, int>)ReadOnlyDictionary<string, int>.Empty;

    /// <summary>Whether the session was there before this connection.</summary>
    public bool WasPresent { get; } = stored is not null;

    /// <summary>Whether the connection began with a session that outlives it.</summary>
    public bool WasPersistent => _expiryAtOpen > 0;

    /// <summary>How long the session lives on after the connection; null for ever.</summary>
    public TimeSpan? Expiry => ExpirySeconds == uint.MaxValue ? null : TimeSpan.FromSeconds(ExpirySeconds);

    /// <summary>Whether the device has changed that since the session was opened.</summary>
    public bool HasNewExpiry => ExpirySeconds != _expiryAtOpen;

    /// <summary>How long the session lives on after the connection, in seconds; <see cref="uint.MaxValue"/> for ever.</summary>
    public uint ExpirySeconds { get; private set; } = expirySeconds;

    public bool IsPersistent => ExpirySeconds > 0;

    /// <summary>
    /// Whether a later connection of the device goes on with this session, or began another; null while there is none. Set from that
    /// connection's thread.
    /// </summary>
    public bool? IsContinued
    {
        get => (bool?)_isContinued;
        set => _isContinued = value;
    }

    public bool IsSubscribed(string filter) => _subscriptions?.ContainsKey(filter) == true;

    public void Subscribe(string filter, int qualityOfService) =>
        (_subscriptions ??= new(StringComparer.Ordinal))[filter] = qualityOfService;

    public bool Unsubscribe(string filter) => _subscriptions?.Remove(filter) == true;

    /// <summary>Changes the expiry at the end of the connection; false when it was 0 and would not be (MQTT 5, 3.14.2.2.2).</summary>
    public bool TryChangeExpiry(uint seconds)
    {
        if (!WasPersistent && seconds > 0)
            return false;
        ExpirySeconds = seconds;
        return true;
    }

    /// <summary>A delay, but no longer than the session lives on.</summary>
    public TimeSpan Limit(uint seconds) => TimeSpan.FromSeconds(Math.Min(seconds, ExpirySeconds));
}
