using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// One authenticated MQTT connection as the engine sees it. Written by its <see cref="MqttConnection"/>; closed by whoever has a
/// reason, the first of which counts.
/// </summary>
internal sealed class MqttDeviceLink : IDeviceBoundLink, IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly TimeProvider _time;
    private readonly long _connectedTimestamp;
    private LinkCloseReason? _closeReason;
    private long _lastHeard;
    private MqttDeliveries? _deliveries;
    private volatile bool _isListening;

    public MqttDeviceLink(TimeProvider time)
    {
        _time = time;
        ConnectedTime = time.GetUtcNow();
        _connectedTimestamp = _lastHeard = time.GetTimestamp();
    }

    /// <summary>The stamps of all that comes over this link.</summary>
    public required MessageSender Sender { get; init; }

    public required string ConnectionId { get; init; }

    public required string Protocol { get; init; }

    public required string? RemoteAddress { get; init; }

    public required DeviceProof Proof { get; init; }

    /// <summary>How long the device may be silent.</summary>
    public required TimeSpan MaxSilence { get; init; }

    public DateTimeOffset ConnectedTime { get; }

    public DeviceId DeviceId => Sender.DeviceId;

    public string GenerationId => Sender.GenerationId;

    // The wall clock is read once, at the connect: what passes since is measured, so that a clock that jumps moves nothing.
    public DateTimeOffset LastActivityTime =>
        ConnectedTime + _time.GetElapsedTime(_connectedTimestamp, Volatile.Read(ref _lastHeard));

    /// <summary>How long nothing has been heard.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>Whether the hub awaits what the device says next. While it does not, silence is its own doing and not the device's.</summary>
    public bool IsListening
    {
        get => _isListening;
        set => _isListening = value;
    }

    /// <summary>What goes to the device; null until it has subscribed.</summary>
    public MqttDeliveries? Deliveries
    {
        get => Volatile.Read(ref _deliveries);
        set => Volatile.Write(ref _deliveries, value);
    }

    public bool TakesMessages => CloseReason is null && Deliveries is { IsSubscribed: true };

    public int DeliveryRoom => CloseReason is null ? Deliveries?.Room ?? 0 : 0;

    /// <summary>Cancelled when the link is to end.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Why the link is to end; null while it lives.</summary>
    public LinkCloseReason? CloseReason => Volatile.Read(ref _closeReason);

    /// <summary>Notes that something was heard.</summary>
    public void Heard() => Volatile.Write(ref _lastHeard, _time.GetTimestamp());

    public ValueTask<DeliveryOutcome> DeliverAsync(Delivery delivery) => Deliveries?.DeliverAsync(delivery)
        ?? ValueTask.FromResult(new DeliveryOutcome(DeliveryOutcomeKind.NotSent, "The device had not subscribed."));

    public void Close(LinkCloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, reason, null) is not null)
            return;
        try
        {
            _closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection had ended in the same moment: there is nothing left to close.
        }
    }

    public void Dispose() => _closing.Dispose();
}
