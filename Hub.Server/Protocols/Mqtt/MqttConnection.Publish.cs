using System.Buffers;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Mqtt.Sockets;
using Microsoft.AspNetCore.Connections;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Hub.Server.Protocols.Mqtt;

internal sealed partial class MqttConnection
{
    /// <summary>The publishes of one read, until they are handed over; a thread reads for one connection at a time.</summary>
    [ThreadStatic]
    private static MqttPublishBatch? _threadBatch;

    private readonly MqttMessageMapper _mapper = new(services.Time);
    private MqttAckQueue? _acks;
    private MqttTopics? _topics;
    private readonly SocketLoop? _socketThread = transport.Features.Get<SocketLoop>();
    private Action<MqttPendingPublishes, IngestResult>? _onCommitted;

    /// <summary>The reading loop; returns the reason for which it ended.</summary>
    private async Task<LinkCloseReason> ReceiveAsync(MqttDeviceLink link)
    {
        while (true)
        {
            // 1. Read on only when there is room for what may come: this is the back-pressure.
            if (await WaitForRoomAsync(link) is { } overdue)
                return overdue;
            link.IsListening = true;
            var read = await _input.ReadAsync(CancellationToken.None);
            link.IsListening = false;
            if (link.CloseReason is { } closed)
                return closed;
            link.Heard();

            // 2. Take whole packets: publishes many at a time, pings and acknowledgements among them.
            var buffer = read.Buffer;
            MqttFrame? other;
            while (true)
            {
                if (TakePublishes(ref buffer, link, out other) is { } fault)
                {
                    if (MqttFrame.TypeOf(buffer) == MqttPacketType.Publish)
                        services.IngestMetrics.Rejected(MqttReasons.ToRejection(fault), 1);
                    return fault;
                }

                if (other is { Type: MqttPacketType.PingReq, Flags: 0, BodyLength: 0 } ping)
                {
                    _output!.PingResp();
                    buffer = buffer.Slice(ping.Length);
                }
                else if (other is { Type: MqttPacketType.PubAck, Flags: 0 } acknowledgement)
                {
                    if (TakeAcknowledgement(link, BodyOf(buffer, acknowledgement)) is { } bad)
                        return bad;
                    buffer = buffer.Slice(acknowledgement.Length);
                }
                else
                {
                    break;
                }
            }

            // 3. Another packet is answered by itself, elsewhere; what was read is given back before, lest it is held meanwhile.
            if (other is { } frame)
            {
                var body = buffer.Slice(frame.HeaderLength, frame.BodyLength).ToArray();
                _input.AdvanceTo(buffer.GetPosition(frame.Length));
                await LeaveSocketThreadAsync();
                if (await AnswerAsync(link, frame, body) is { } end)
                    return end;
                continue;
            }

            // 4. What is left is the beginning of a packet.
            _input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                return MqttReasons.ConnectionLost;
        }
    }

    private static ReadOnlySpan<byte> BodyOf(in ReadOnlySequence<byte> buffer, MqttFrame frame)
    {
        var body = buffer.Slice(frame.HeaderLength, frame.BodyLength);
        return body.IsSingleSegment ? body.FirstSpan : body.ToArray();
    }

    /// <summary>Waits until a further read may be done; a reason when the store was away for too long.</summary>
    private async ValueTask<LinkCloseReason?> WaitForRoomAsync(MqttDeviceLink link)
    {
        var room = _acks!.WhenRoomAsync(link.Closing);
        var ready = services.Ingress.WhenReadyAsync(link.Closing);
        if (room.IsCompletedSuccessfully && ready.IsCompletedSuccessfully)
            return null;

        // The watch over silence rests meanwhile: it is the hub that does not listen.
        try
        {
            await Task.WhenAll(room, ready.AsTask()).WaitAsync(services.Options.StoreUnavailableGrace, services.Time, link.Closing);
            link.Heard();
            return null;
        }
        catch (TimeoutException)
        {
            return MqttReasons.StoreUnavailable(services.Gate.Closure?.Reason ?? "The hub cannot take messages as fast as they come.");
        }
    }

    /// <summary>
    /// Takes publishes off the buffer and hands them over, up to a packet of another type (given), an incomplete one, or one with a fault.
    /// </summary>
    private MqttFault? TakePublishes(ref ReadOnlySequence<byte> buffer, MqttDeviceLink link, out MqttFrame? other)
    {
        var batch = _threadBatch ??= new MqttPublishBatch();
        batch.Begin(buffer.Length);
        var fault = TakePublishes(ref buffer, batch, out other);
        // What came before a fault was sent in good order: it is stored and acknowledged.
        if (batch.Count > 0)
            HandOver(link, batch);
        return fault;
    }

    private MqttFault? TakePublishes(ref ReadOnlySequence<byte> buffer, MqttPublishBatch batch, out MqttFrame? other)
    {
        other = null;
        while (!buffer.IsEmpty)
        {
            // The common case: packets that lie whole in the first segment.
            var span = buffer.FirstSpan;
            var offset = 0;
            while (MqttFrame.TryRead(span[offset..], span.Length - offset, services.MaxPacketLength, out var whole) == MqttFrameStatus.Complete
                && whole.Type == MqttPacketType.Publish)
            {
                if (TakePublish(whole, span.Slice(offset + whole.HeaderLength, whole.BodyLength), batch) is { } bad)
                {
                    buffer = buffer.Slice(offset);
                    return bad;
                }

                offset += whole.Length;
            }

            buffer = buffer.Slice(offset);
            var status = MqttFrame.TryRead(buffer, services.MaxPacketLength, out var frame);
            if (status == MqttFrameStatus.Malformed)
                return MqttFault.Malformed("The length of a packet is malformed.");
            if (status == MqttFrameStatus.TooLarge)
                return MqttFault.NotAllowed(MqttDisconnectReasonCode.PacketTooLarge, $"A packet is larger than {services.MaxPacketLength} bytes.");
            if (status == MqttFrameStatus.Incomplete)
                return null;
            if (frame.Type != MqttPacketType.Publish)
            {
                other = frame;
                return null;
            }

            // A publish that lies across segments.
            var fault = TakePublish(frame, buffer.Slice(frame.HeaderLength, frame.BodyLength).ToArray(), batch);
            if (fault is not null)
                return fault;
            buffer = buffer.Slice(frame.Length);
        }

        return null;
    }

    private MqttFault? TakePublish(MqttFrame frame, ReadOnlySpan<byte> body, MqttPublishBatch batch)
    {
        if (!MqttPublish.TryParse(frame.Flags, body, _version5, out var publish, out var fault))
            return MqttFault.Malformed(fault!);
        if (publish.QualityOfService == 2)
            return MqttFault.NotAllowed(MqttDisconnectReasonCode.QoSNotSupported, "Quality of service 2 is not offered; publish with 0 or 1.");
        if (_version5 && FindPropertyFault(publish) is { } bad)
            return bad;
        var kind = _topics!.Classify(publish.Topic, out var rest);
        if (kind != MqttTopicKind.Telemetry)
            return TakeOther(kind, publish, rest, batch);

        var message = ToMessage(frame, body, publish, rest, batch, out fault);
        if (message is null)
            return MqttFault.Malformed(fault!);
        if (message.Size > services.MaxMessageSize)
        {
            return MqttFault.NotAllowed(
                MqttDisconnectReasonCode.PacketTooLarge, $"A message has {message.Size} bytes; at most {services.MaxMessageSize} are allowed.");
        }

        batch.Add(message, publish.PacketId);
        return null;
    }

    private Message? ToMessage(
        MqttFrame frame, ReadOnlySpan<byte> body, in MqttPublish publish, ReadOnlySpan<byte> bag, MqttPublishBatch batch, out string? fault)
    {
        fault = null;
        if (publish.Properties.IsEmpty)
            return _mapper.Map(publish, bag, batch.Copy(publish.Payload));
        var packet = MqttCodec.Decode<MqttPublishPacket>(frame, body.ToArray(), version5: true, out fault);
        return packet is null ? null : _mapper.Map(packet, bag, batch.Copy(publish.Payload));
    }

    private static MqttFault? FindPropertyFault(in MqttPublish publish)
    {
        if (MqttPropertyCheck.FindFault(publish.Properties, MqttPropertyPlace.Publish, out var seen) is { } fault)
            return MqttFault.Malformed(fault);
        if (MqttPropertyCheck.Has(seen, MqttPropertyId.TopicAlias))
            return new(LinkCloseKind.ProtocolViolation, MqttDisconnectReasonCode.TopicAliasInvalid, "A topic alias is used, but none is offered [MQTT-3.3.2-9].");
        return publish.Topic.IsEmpty ? MqttFault.Protocol("A PUBLISH has neither a topic nor an alias for one.") : null;
    }

    /// <summary>Hands the batch over and leaves; the commit answers later.</summary>
    private void HandOver(MqttDeviceLink link, MqttPublishBatch batch)
    {
        var pending = batch.Finish(_onCommitted ??= OnCommitted, _socketThread, out var messages);
        _acks!.Enqueue(pending);
        if (messages.Length == 0)
            OnCommitted(pending, IngestResult.Accepted(0, 0));
        else
            services.Ingress.Accept(link.Sender, messages, pending);
    }

    /// <summary>Answers publishes whose fate is known. Called on the thread of the connection's socket, or in the pool.</summary>
    private void OnCommitted(MqttPendingPublishes pending, IngestResult result)
    {
        try
        {
            if (_acks!.Complete(pending, result) is { } refused)
                _link!.Close(MqttReasons.StoreUnavailable(refused.Reason!));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // This thread serves other connections too: what fails here may end this one and no other.
            Log.Failed(services.Logger, transport.ConnectionId, exception);
            transport.Abort(new ConnectionAbortedException("An acknowledgement failed."));
        }
    }

    private async Task PublishWillAsync(MqttDeviceLink link, LinkCloseReason reason)
    {
        if (_will is not { } will || !MqttWills.IsDue(reason.Kind))
            return;
        var delay = _version5 ? _session!.Limit(will.DelaySeconds) : TimeSpan.Zero;
        // Back already, the device decides by how it came [MQTT-3.1.3-9]; what it leaves in its turn is not touched.
        if (delay > TimeSpan.Zero && _session!.IsContinued is { } goesOn)
        {
            if (goesOn)
                return;
            delay = TimeSpan.Zero;
        }

        await services.Wills.PublishAsync(link.Sender, will, delay);
        // Back since that was asked, it found no will to end.
        if (delay > TimeSpan.Zero && _session!.IsContinued is { } goesOnNow)
            await services.Wills.DeviceIsBackAsync(link.Sender, goesOnNow, will);
    }
}
