using System.Buffers;
using System.Text;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Api;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Hub.Server.Protocols.Mqtt;

internal sealed partial class MqttConnection
{
    private const int NotBuilt = (int)ErrorCode.NotImplemented / 1000;

    private static readonly byte[] NotBuiltBody =
        Encoding.UTF8.GetBytes($$"""{"errorCode":{{(int)ErrorCode.NotImplemented}},"message":"This hub has no device twins yet."}""");

    private MqttWill? _will;

    /// <summary>How many messages the device takes unacknowledged.</summary>
    private int _window;

    /// <summary>Answers a packet that is no PUBLISH; a reason when the connection ends with it.</summary>
    private async ValueTask<LinkCloseReason?> AnswerAsync(MqttDeviceLink link, MqttFrame frame, byte[] body)
    {
        switch (frame.Type)
        {
            case MqttPacketType.Subscribe when frame.Flags == 2:
                return await SubscribeAsync(link, frame, body);
            case MqttPacketType.Unsubscribe when frame.Flags == 2:
                return await UnsubscribeAsync(link, frame, body);
            case MqttPacketType.Disconnect when frame.Flags == 0:
                return Disconnect(link, frame, body);
            case MqttPacketType.Auth when _version5:
                return MqttFault.NotAllowed(MqttDisconnectReasonCode.ProtocolError, "Enhanced authentication is not offered.");
            case MqttPacketType.Connect:
                return MqttFault.Protocol("A second CONNECT came [MQTT-3.1.0-2].");
            default:
                return MqttFault.Protocol($"A {frame.Type} packet (flags {frame.Flags}) has no place here.");
        }
    }

    private async ValueTask<LinkCloseReason?> SubscribeAsync(MqttDeviceLink link, MqttFrame frame, byte[] body)
    {
        if (MqttFilterCheck.FindFault(body, withOptions: true, _version5) is { } breach)
            return MqttFault.Malformed(breach);
        if (MqttCodec.Decode<MqttSubscribePacket>(frame, body, _version5, out var fault) is not { } subscribe)
            return MqttFault.Malformed(fault!);
        if (subscribe.TopicFilters.Count > services.Options.MaxSubscriptions)
            return MqttFault.NotAllowed(MqttDisconnectReasonCode.QuotaExceeded, $"A SUBSCRIBE has more than {services.Options.MaxSubscriptions} topic filters.");
        if (subscribe.SubscriptionIdentifier > 0)
            return MqttFault.NotAllowed(MqttDisconnectReasonCode.SubscriptionIdentifiersNotSupported, "Subscription identifiers are not offered.");

        var codes = subscribe.TopicFilters.ConvertAll(Grant);
        await services.MqttSessions.SaveAsync(_session!);
        _output!.Send(new MqttSubAckPacket { PacketIdentifier = subscribe.PacketIdentifier, ReasonCodes = codes });
        BeginDeliveries(link);
        return null;
    }

    /// <summary>Lets what waits for the device come, if it has subscribed to that. After the answer that tells it so.</summary>
    private void BeginDeliveries(MqttDeviceLink link)
    {
        if (!_session!.Subscriptions.TryGetValue(_topics!.DeviceBound, out var quality))
            return;
        _session.Deliveries = link.Deliveries ??= new MqttDeliveries(
            link, _output!, _version5, _window, _session.Resumed, services.DeviceBound, services.Time, services.Logger);
        link.Deliveries.Begin(quality, settlesByTopic: _session.IsSubscribed(MqttTopics.SettleResponses));
        services.Dispatcher.Wake(link.DeviceId);
    }

    /// <summary>Takes a PUBACK; a reason when it is none.</summary>
    private MqttFault? TakeAcknowledgement(MqttDeviceLink link, ReadOnlySpan<byte> body)
    {
        if (!MqttAcknowledgement.TryParse(body, _version5, out var acknowledgement, out var fault))
            return MqttFault.Malformed(fault);
        // One too many is ignored (catalogue P10).
        if (link.Deliveries?.Acknowledge(acknowledgement) == true)
            services.Dispatcher.RoomCameFree(link.DeviceId);
        return null;
    }

    /// <summary>Grants a filter of the device's own, with quality of service 1 at most; refuses any other, and the connection stays (decision 20).</summary>
    private MqttSubscribeReasonCode Grant(MqttTopicFilter filter)
    {
        if (filter.Topic.StartsWith("$share/", StringComparison.Ordinal))
            return Refusal(MqttSubscribeReasonCode.SharedSubscriptionsNotSupported);
        if (!_topics!.IsSubscribable(filter.Topic))
            return Refusal(MqttSubscribeReasonCode.NotAuthorized);
        var granted = filter.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce ? 0 : 1;
        _session!.Subscribe(filter.Topic, granted);
        return (MqttSubscribeReasonCode)granted;
    }

    /// <summary>MQTT 3.1.1 knows one code for all refusals, 0x80.</summary>
    private MqttSubscribeReasonCode Refusal(MqttSubscribeReasonCode code) => _version5 ? code : MqttSubscribeReasonCode.UnspecifiedError;

    private async ValueTask<LinkCloseReason?> UnsubscribeAsync(MqttDeviceLink link, MqttFrame frame, byte[] body)
    {
        if (MqttFilterCheck.FindFault(body, withOptions: false, _version5) is { } breach)
            return MqttFault.Malformed(breach);
        if (MqttCodec.Decode<MqttUnsubscribePacket>(frame, body, _version5, out var fault) is not { } unsubscribe)
            return MqttFault.Malformed(fault!);

        var codes = unsubscribe.TopicFilters.ConvertAll(filter => _session!.Unsubscribe(filter)
            ? MqttUnsubscribeReasonCode.Success
            : MqttUnsubscribeReasonCode.NoSubscriptionExisted);
        if (!_session!.IsSubscribed(_topics!.DeviceBound))
            link.Deliveries?.Pause();
        await services.MqttSessions.SaveAsync(_session!);
        _output!.Send(new MqttUnsubAckPacket { PacketIdentifier = unsubscribe.PacketIdentifier, ReasonCodes = codes });
        return null;
    }

    private LinkCloseReason Disconnect(MqttDeviceLink link, MqttFrame frame, byte[] body)
    {
        link.Heard();
        if (!_version5)
        {
            if (frame.BodyLength != 0)
                return MqttFault.Malformed("A DISCONNECT has a body.");
            _will = null;
            return MqttReasons.ClosedByDevice;
        }

        if (FindDisconnectFault(body, out var seen) is { } breach)
            return MqttFault.Malformed(breach);
        if (MqttCodec.Decode<MqttDisconnectPacket>(frame, body, version5: true, out var fault) is not { } disconnect)
            return MqttFault.Malformed(fault!);
        if (MqttPropertyCheck.Has(seen, MqttPropertyId.SessionExpiry) && !_session!.TryChangeExpiry(disconnect.SessionExpiryInterval))
            return MqttFault.Protocol("A session that ends with its connection cannot be prolonged at the end [MQTT-3.14.2-2].");
        if (disconnect.ReasonCode == MqttDisconnectReasonCode.NormalDisconnection)
            _will = null;
        return string.IsNullOrEmpty(disconnect.ReasonString)
            ? MqttReasons.ClosedByDevice
            : MqttReasons.ClosedSaying(disconnect.ReasonString);
    }

    private static string? FindDisconnectFault(ReadOnlySpan<byte> body, out ulong seen)
    {
        // The code may be left out, and the properties too (MQTT 5, 3.14.2).
        seen = 0;
        if (body.Length <= 1)
            return null;
        var reader = new MqttBodyReader(body[1..]);
        return reader.TryReadProperties(out var properties) && reader.Rest.IsEmpty
            ? MqttPropertyCheck.FindFault(properties, MqttPropertyPlace.Disconnect, out seen)
            : "The properties of a DISCONNECT do not fit into it.";
    }

    private static SettlementKind KindOf(MqttTopicKind kind) => kind switch
    {
        MqttTopicKind.Complete => SettlementKind.Complete,
        MqttTopicKind.Reject => SettlementKind.Reject,
        _ => SettlementKind.Abandon,
    };

    /// <summary>Settles a message by its lock token, and says how that went on <c>$iothub/c2d/res/{status}/?$rid={rid}</c> (decision 4).</summary>
    private Task SettleAsync(MqttDeviceLink link, SettlementKind kind, string? token, string? requestId, ReadOnlySpan<byte> said)
    {
        var description = said.IsEmpty ? null : ForeignText.Clean(Encoding.UTF8.GetString(said[..Math.Min(said.Length, 4 * MqttAcknowledgement.MaxReason)]), MqttAcknowledgement.MaxReason);
        return SettleAsync();

        async Task SettleAsync()
        {
            var status = link.Deliveries is not { } deliveries || !Guid.TryParseExact(token, "D", out var key) ? ErrorCode.ArgumentInvalid
                : await deliveries.SettleAsync(kind, key, description);
            if (requestId is { Length: <= MqttTopics.MaxRequestId } && _session!.IsSubscribed(MqttTopics.SettleResponses))
                _output!.Send(new MqttPublishPacket { Topic = $"$iothub/c2d/res/{(status is { } code ? (int)code / 1000 : 204)}/?$rid={requestId}" });
        }
    }

    /// <summary>Takes a publish that is no telemetry.</summary>
    private MqttFault? TakeOther(MqttTopicKind kind, in MqttPublish publish, ReadOnlySpan<byte> rest, MqttPublishBatch batch)
    {
        if (kind == MqttTopicKind.Foreign)
            return MqttFault.NotAllowed(MqttDisconnectReasonCode.TopicNameInvalid, $"A PUBLISH went to a topic that is not one of this device's; its telemetry goes to devices/{_link!.DeviceId.Value}/messages/events/.");

        batch.AddAnswered(publish.PacketId);
        if (kind is MqttTopicKind.Complete or MqttTopicKind.Reject or MqttTopicKind.Abandon)
            _ = SettleAsync(_link!, KindOf(kind), MqttTopics.LockTokenOf(rest), MqttTopics.RequestIdOf(rest), publish.Payload);
        else if (kind is MqttTopicKind.TwinGet or MqttTopicKind.TwinPatch
            && MqttTopics.RequestIdOf(rest) is { Length: <= MqttTopics.MaxRequestId } requestId && _session!.IsSubscribed(MqttTopics.TwinResponses))
        {
            // Real clients wait for an answer; until there are twins, this is the honest one. Some look at the status, some only at the
            // body: without an error code there, those take it for a twin.
            _output!.Send(new MqttPublishPacket
            {
                Topic = $"$iothub/twin/res/{NotBuilt}/?$rid={requestId}",
                Payload = new ReadOnlySequence<byte>(NotBuiltBody),
            });
        }

        return null;
    }
}
