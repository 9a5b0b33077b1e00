using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.Api;
using Hub.Shared.Devices;

namespace Hub.Server.Protocols.Mqtt;

internal sealed partial class MqttDeliveries
{
    /// <summary>Takes a PUBACK: it frees its place and settles the message.</summary>
    /// <returns>Whether there is room for another message now. One that answers no publish is ignored.</returns>
    public bool Acknowledge(MqttAcknowledgement acknowledgement)
    {
        MqttDeliveryPlace? place;
        string where;
        lock (_lock)
        {
            place = _places.Find(other => other.PacketId == acknowledgement.PacketId);
            if (place is null)
                return false;
            where = WhereOf(place);
            // Who settles by topic frees the packet id so; an MQTT 5 code that refuses is plain enough.
            if (place.SettlesByTopic && acknowledgement.Outcome == DeliveryOutcomeKind.Completed && !place.HasEnded)
            {
                place.PacketId = 0;
                place.Delivery.Arrived(where);
                return false;
            }

            _places.Remove(place);
        }

        if (!place.TryEnd(new DeliveryOutcome(acknowledgement.Outcome, where, acknowledgement.Description)) && place.IsStale)
            _ = SettleLateAsync(place, acknowledgement, where);
        return true;
    }

    /// <summary>Settles a message by its lock token, at once or not at all.</summary>
    /// <returns>Why it is not settled; null when it is.</returns>
    public async ValueTask<ErrorCode?> SettleAsync(SettlementKind kind, Guid token, string? description)
    {
        MqttDeliveryPlace? place;
        lock (_lock)
            place = _places.Find(other => other.Delivery.Token == token);
        var before = place?.Delivery.TakeUnstored() ?? [];
        var settlement = new Settlement
        {
            Kind = kind,
            Token = token,
            Place = WhereOf(place),
            Description = description,
            Before = before,
        };
        try
        {
            if (!await queue.SettleAsync(link.DeviceId, settlement, CancellationToken.None))
                return ErrorCode.DeviceMessageLockLost;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            place?.Delivery.PutBack(before);
            Log.NotSettled(logger, link.DeviceId, exception);
            return ErrorCode.ServiceUnavailable;
        }

        if (place is not null)
        {
            place.TryEnd(new DeliveryOutcome(DeliveryOutcomeKind.Settled, string.Empty));
            lock (_lock)
            {
                // Its packet id stays taken until the PUBACK.
                if (place.PacketId == 0)
                    _places.Remove(place);
            }
        }

        return null;
    }

    /// <summary>A PUBACK after the lock's end completes what nobody has taken again (decision 9).</summary>
    private async Task SettleLateAsync(MqttDeliveryPlace place, MqttAcknowledgement acknowledgement, string where)
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

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 13, LogLevel.Error, "A message of {DeviceId} could not be settled.")]
        public static partial void NotSettled(ILogger logger, DeviceId deviceId, Exception exception);

        [LoggerMessage(EventIds.Mqtt + 12, LogLevel.Error, "A late acknowledgement of message {Id} could not be stored; it is delivered again.")]
        public static partial void LateNotSettled(ILogger logger, long id, Exception exception);
    }
}
