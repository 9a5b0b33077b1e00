using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.Sessions;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The cloud-to-device messages that are under way over one connection: which packet stands for which delivery. A place is taken by a
/// publish of quality of service 1 until its PUBACK (decision 6); when the lock of its message ends before, the place stays taken, and the
/// message goes out again under another packet id (decision 26). Safe from any thread.
/// </summary>
internal sealed partial class MqttDeliveries(
    MqttDeviceLink link, MqttOutput output, bool version5, int window, IReadOnlyDictionary<long, ushort> resumed, DeviceBoundQueue queue, TimeProvider time, ILogger logger)
{
    private const int NotSubscribed = -1;
    private const string ConnectionGone = "The device's connection had ended.";

    private static readonly LinkCloseReason NotAcknowledging = new(
        LinkCloseKind.NotAcknowledging, "The device is not acknowledging: it has answered none of the messages that it was sent.");

    private readonly Lock _lock = new();

    // In the order in which they were sent.
    private readonly List<MqttDeliveryPlace> _places = [];

    // Under which packet ids the session's connection before left messages unacknowledged.
    private readonly Dictionary<long, ushort> _resumed = new(resumed);
    private bool _settlesByTopic;
    private int _quality = NotSubscribed;
    private ushort _lastPacketId;
    private bool _ended;
    private MqttDeliveryPlace[] _left = [];

    /// <summary>How many further messages may be sent now.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
                return _ended || _quality == NotSubscribed ? 0 : window - _places.Count;
        }
    }

    /// <summary>Whether the device takes messages.</summary>
    public bool IsSubscribed
    {
        get
        {
            lock (_lock)
                return !_ended && _quality != NotSubscribed;
        }
    }

    /// <summary>Begins to deliver, with quality of service 0 or 1.</summary>
    /// <param name="quality">The quality of service.</param>
    /// <param name="settlesByTopic">Whether the device settles by topic, so that a PUBACK settles nothing (decision 4).</param>
    public void Begin(int quality, bool settlesByTopic)
    {
        lock (_lock)
            (_quality, _settlesByTopic) = (quality, settlesByTopic);
    }

    /// <summary>What the device has not acknowledged: the ids of messages, and the packet ids under which they were sent last.</summary>
    public IReadOnlyDictionary<long, ushort> Unacknowledged()
    {
        lock (_lock)
        {
            // What was not even sent again yet is owed still.
            var left = new Dictionary<long, ushort>(_resumed);
            foreach (var place in _ended ? (IEnumerable<MqttDeliveryPlace>)_left : _places)
            {
                if (place.PacketId != 0)
                    left[place.Delivery.Message.Entry.Id] = place.PacketId;
            }

            return left;
        }
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
            else if (place.PacketId == 0 && !place.SettlesByTopic)
                return new DeliveryOutcome(DeliveryOutcomeKind.NotSent, ConnectionGone);
        }
        catch (OperationCanceledException)
        {
            // The device does not read, and the lock is over.
        }

        if (place.PacketId == 0 && !place.SettlesByTopic)
            return new DeliveryOutcome(DeliveryOutcomeKind.Completed, $"{where}: sent with quality of service 0, which nothing acknowledges");
        await using (delivery.LockEnded.UnsafeRegister(static state => ((MqttDeliveryPlace)state!).EndLock(), place))
        {
            var outcome = await place.Outcome;
            if (outcome.Kind == DeliveryOutcomeKind.TimedOut)
                LeaveStale(place);
            return outcome;
        }
    }

    /// <summary>Writes the publish and takes its place; says why when it cannot.</summary>
    private DeliveryOutcome? Send(Delivery delivery, out MqttDeliveryPlace place, out Task<bool>? left)
    {
        lock (_lock)
        {
            var isAgain = TryResume(delivery.Message.Entry.Id, out var packetId) && _quality == 1;
            if (!isAgain)
                packetId = _quality == 1 ? NextPacketId() : (ushort)0;
            place = new MqttDeliveryPlace(delivery, packetId, _settlesByTopic);
            left = null;
            if (_ended || _quality == NotSubscribed)
                return new DeliveryOutcome(DeliveryOutcomeKind.NotSent, "The device's subscription had ended.");
            if (MqttDeviceBoundMapper.Map(delivery.Message, version5, _quality, _settlesByTopic ? delivery.Token : null, time.GetUtcNow()) is not { } packet)
                return new DeliveryOutcome(DeliveryOutcomeKind.Rejected, WhereOf(null), "Its properties are too long for an MQTT topic, which has 65,535 bytes with all escapes.");
            (packet.PacketIdentifier, packet.Dup) = (place.PacketId, isAgain);
            // Before it can be answered.
            if (place.PacketId != 0 || place.SettlesByTopic)
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

    /// <summary>The connection is gone: of what is under way nothing is settled any more. Only the oldest counts (decision 1).</summary>
    public void End()
    {
        MqttDeliveryPlace[] places;
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
            _left = places = [.. _places];
            _places.Clear();
        }

        var counts = true;
        foreach (var place in places.OrderBy(place => place.Delivery.Message.Entry.SequenceNumber))
        {
            if (place.TryEnd(new DeliveryOutcome(DeliveryOutcomeKind.LinkLost, WhereOf(place), Counts: counts)))
                counts = false;
        }
    }

    /// <summary>A lock has ended: the place stays taken while its packet id is. When no place is left to deliver by, the connection ends.</summary>
    private void LeaveStale(MqttDeliveryPlace place)
    {
        lock (_lock)
        {
            if (place.PacketId == 0)
                _places.Remove(place);
            if (_places.Count < window || !_places.TrueForAll(other => other.IsStale))
                return;
        }

        link.Close(NotAcknowledging);
    }

    /// <summary>Whether the session's connection before left the message unacknowledged, and under which packet id.</summary>
    private bool TryResume(long id, out ushort packetId)
    {
        if (!_resumed.Remove(id, out packetId) && _resumed.Count == 0)
            return false;
        // In the order of the queue: what would have come before it has ended meanwhile.
        foreach (var gone in _resumed.Keys.Where(other => other < id).ToList())
            _resumed.Remove(gone);
        return packetId != 0;
    }

    /// <summary>The next that is free; there are far more than places.</summary>
    private ushort NextPacketId()
    {
        do
        {
            _lastPacketId = _lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastPacketId + 1);
        }
        while (_places.Exists(place => place.PacketId == _lastPacketId) || _resumed.ContainsValue(_lastPacketId));
        return _lastPacketId;
    }

    private string WhereOf(MqttDeliveryPlace? place) => place is null or { PacketId: 0 }
        ? $"{link.Protocol}, connection {link.ConnectionId}"
        : $"{link.Protocol}, connection {link.ConnectionId}, packet {place.PacketId}";
}
