using Hub.Server.Messaging.DeviceToCloud;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Keeps the acknowledgements of one connection in the order of its publishes [MQTT-4.6.0-2], whichever commit answers first, and says
/// when the connection has enough under way. Safe from any thread.
/// </summary>
internal sealed class MqttAckQueue(MqttOutput output, bool version5, int maxMessages, int maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<MqttPendingPublishes> _pending = new();
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _empty;
    private int _messages;
    private int _bytes;
    private bool _stuck;

    private bool IsFull => _messages >= maxMessages || _bytes >= maxBytes;

    public void Enqueue(MqttPendingPublishes publishes)
    {
        lock (_lock)
        {
            _pending.Enqueue(publishes);
            _messages += publishes.Messages;
            _bytes += publishes.Bytes;
        }
    }

    /// <summary>
    /// Notes a result, and answers all that is next in order. MQTT 5 is told of a refusal with its reason. MQTT 3.1.1 has no words for
    /// it: nothing more is acknowledged then, and the refusal is returned, once, so that the connection is closed and the device sends
    /// again, in order.
    /// </summary>
    public IngestResult? Complete(MqttPendingPublishes publishes, IngestResult result)
    {
        lock (_lock)
        {
            publishes.Result = result;
            while (!_stuck && _pending.TryPeek(out var next) && next.Result is { } known)
            {
                if (known.Outcome != IngestOutcome.Accepted && !version5)
                {
                    _stuck = true;
                    // Nothing will empty it any more: whoever waits for that need not.
                    _empty?.TrySetResult();
                    _empty = null;
                    return known;
                }

                _pending.Dequeue();
                _messages -= next.Messages;
                _bytes -= next.Bytes;
                Answer(next.PacketIds, known);
            }

            Release();
            return null;
        }
    }

    /// <summary>Completes when fewer than the most allowed are under way.</summary>
    public Task WhenRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!IsFull)
                return Task.CompletedTask;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes when nothing is under way, or never will be.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_lock)
        {
            if (_pending.Count == 0 || _stuck)
                return Task.CompletedTask;
            _empty ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    private void Answer(ushort[] packetIds, IngestResult result)
    {
        if (packetIds.Length == 0)
            return;
        if (result.Outcome == IngestOutcome.Accepted)
        {
            output.PubAck(packetIds);
            return;
        }

        foreach (var packetId in packetIds)
        {
            output.Send(new MqttPubAckPacket
            {
                PacketIdentifier = packetId,
                ReasonCode = MqttPubAckReasonCode.QuotaExceeded,
                ReasonString = result.Told,
            });
        }
    }

    private void Release()
    {
        if (!IsFull)
        {
            _room?.TrySetResult();
            _room = null;
        }

        if (_pending.Count == 0)
        {
            _empty?.TrySetResult();
            _empty = null;
        }
    }
}
