using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.Sessions;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The cloud-to-device messages that are under way over one connection: which packet stands for which delivery. A place is taken by a
/// publish of quality of service 1 until its PUBACK (decision 6); when the lock of its message ends before, the place stays taken, and the
/// message goes out again under another packet id (decision 26). Safe from any thread.
/// </summary>
internal sealed partial class MqttDeliveries(
    MqttDeviceLink link, MqttOutput output, bool version5, int window, DeviceBoundQueue queue, TimeProvider time, ILogger logger)
{
    private const int NotSubscribed = -1;
    private const string ConnectionGone = "The device's connection had ended.";

    private static readonly LinkCloseReason NotAcknowledging = new(
        LinkCloseKind.NotAcknowledging, "The device is not acknowledging: it has answered none of the messages that it was sent.");

    private readonly Lock _lock = new();

    // In the order in which they were sent.
    private readonly List<Place> _places = [];
    private int _quality = NotSubscribed;
    private ushort _lastPacketId;
    private bool _ended;

    /// <summary>How many further messages may be sent now.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
                return _ended || _quality == NotSubscribed ? 0 : window - _places.Count;
        }
    }

    /// <summary>Begins to deliver, with quality of service 0 or 1.</summary>
    public void Begin(int quality)
    {
        lock (_lock)
            _quality = quality;
    }

    /// <summary>Delivers nothing more; what is under way may still be acknowledged.</summary>
    public void Pause()
    {
        lock (_lock)
            _quality = NotSubscribed;
    }

    /// <summary>Sends a message, and says how it ended; never throws.</summary>
    public async ValueTask<DeliveryOutcome> DeliverAsync(Delivery delivery)
    {
        if (Send(delivery, out var place, out var left) is { } refused)
            return refused;
        var where = WhereOf(place);
        try
        {
            if (await left!.WaitAsync(delivery.LockEnded))
                delivery.Sent(where);
            else if (place.PacketId == 0)
                return new DeliveryOutcome(DeliveryOutcomeKind.NotSent, ConnectionGone);
        }
        catch (OperationCanceledException)
        {
            // The device does not read, and the lock is over.
        }

        if (place.PacketId == 0)
            return new DeliveryOutcome(DeliveryOutcomeKind.Completed, $"{where}: sent with quality of service 0, which nothing acknowledges");
        await using (delivery.LockEnded.UnsafeRegister(static state => ((Place)state!).TryEnd(new DeliveryOutcome(DeliveryOutcomeKind.TimedOut, string.Empty)), place))
        {
            var outcome = await place.Outcome;
            if (outcome.Kind == DeliveryOutcomeKind.TimedOut)
                CloseIfAllAreStale();
            return outcome;
        }
    }

    /// <summary>Writes the publish and takes its place; says why when it cannot.</summary>
    private DeliveryOutcome? Send(Delivery delivery, out Place place, out Task<bool>? left)
    {
        lock (_lock)
        {
            place = new Place(delivery, _quality == 1 ? NextPacketId() : (ushort)0);
            left = null;
            if (_ended || _quality == NotSubscribed)
                return new DeliveryOutcome(DeliveryOutcomeKind.NotSent, "The device's subscription had ended.");
            if (MqttDeviceBoundMapper.Map(delivery.Message, version5, _quality, null, time.GetUtcNow()) is not { } packet)
                return new DeliveryOutcome(DeliveryOutcomeKind.Rejected, WhereOf(null), "Its properties are too long for an MQTT topic, which has 65,535 bytes with all escapes.");
            packet.PacketIdentifier = place.PacketId;
            // Before it can be answered.
            if (place.PacketId != 0)
                _places.Add(place);
            left = output.TrySend(packet, out var isTooLarge);
            if (left is not null)
                return null;
            _places.Remove(place);
            return isTooLarge
                ? new DeliveryOutcome(DeliveryOutcomeKind.Rejected, WhereOf(null), $"It is larger than the packets that the device takes: {output.MaxPacketSize} bytes at most.")
                : new DeliveryOutcome(DeliveryOutcomeKind.NotSent, ConnectionGone);
        }
    }

    /// <summary>Takes a PUBACK: it frees its place and settles the message.</summary>
    /// <returns>False when no publish with this id is under way; then nothing is done.</returns>
    public bool Acknowledge(MqttAcknowledgement acknowledgement)
    {
        Place? place;
        lock (_lock)
        {
            place = _places.Find(other => other.PacketId == acknowledgement.PacketId);
            if (place is null)
                return false;
            _places.Remove(place);
        }

        var where = WhereOf(place);
        if (!place.TryEnd(new DeliveryOutcome(acknowledgement.Outcome, where, acknowledgement.Description)))
            _ = SettleLateAsync(place, acknowledgement, where);
        return true;
    }

    /// <summary>The connection is gone: of what is under way nothing is settled any more. Only the oldest counts (decision 1).</summary>
    public void End()
    {
        Place[] places;
        lock (_lock)
        {
            _ended = true;
            places = [.. _places];
            _places.Clear();
        }

        var counts = true;
        foreach (var place in places.OrderBy(place => place.Delivery.Message.Entry.SequenceNumber))
        {
            if (place.TryEnd(new DeliveryOutcome(DeliveryOutcomeKind.LinkLost, WhereOf(place), Counts: counts)))
                counts = false;
        }
    }

    /// <summary>A PUBACK after the lock's end completes what nobody has taken again (decision 9).</summary>
    private async Task SettleLateAsync(Place place, MqttAcknowledgement acknowledgement, string where)
    {
        var kind = acknowledgement.Outcome switch
        {
            DeliveryOutcomeKind.Completed => SettlementKind.Complete,
            DeliveryOutcomeKind.Rejected => SettlementKind.Reject,
            _ => SettlementKind.Abandon,
        };
        var settlement = new Settlement
        {
            Kind = kind,
            Token = place.Delivery.Token,
            Place = where,
            Description = acknowledgement.Description,
            MayBeLate = true,
        };
        try
        {
            await queue.SettleAsync(place.Delivery.Message.Entry.Id, settlement, CancellationToken.None);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It waits again anyway, and is delivered once more.
            Log.LateNotSettled(logger, place.Delivery.Message.Entry.Id, exception);
        }
    }

    private void CloseIfAllAreStale()
    {
        lock (_lock)
        {
            if (_places.Count < window || _places.Exists(place => !place.Outcome.IsCompleted))
                return;
        }

        link.Close(NotAcknowledging);
    }

    /// <summary>The next that is free; there are far more than places.</summary>
    private ushort NextPacketId()
    {
        do
        {
            _lastPacketId = _lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastPacketId + 1);
        }
        while (_places.Exists(place => place.PacketId == _lastPacketId));
        return _lastPacketId;
    }

    private string WhereOf(Place? place) => place is null or { PacketId: 0 }
        ? $"{link.Protocol}, connection {link.ConnectionId}"
        : $"{link.Protocol}, connection {link.ConnectionId}, packet {place.PacketId}";

    /// <summary>A delivery that waits for its PUBACK.</summary>
    private sealed class Place(Delivery delivery, ushort packetId)
    {
        // Who reads a PUBACK serves other connections too.
        private readonly TaskCompletionSource<DeliveryOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Delivery Delivery { get; } = delivery;

        /// <summary>0 for a publish that is not acknowledged.</summary>
        public ushort PacketId { get; } = packetId;

        public Task<DeliveryOutcome> Outcome => _outcome.Task;

        public bool TryEnd(DeliveryOutcome outcome) => _outcome.TrySetResult(outcome);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 12, LogLevel.Error, "A late acknowledgement of message {Id} could not be stored; it is delivered again.")]
        public static partial void LateNotSettled(ILogger logger, long id, Exception exception);
    }
}
