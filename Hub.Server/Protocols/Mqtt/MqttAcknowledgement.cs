using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Hub.Server.Messaging.CloudToDevice;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>A PUBACK of a device (MQTT 5, 3.4).</summary>
/// <param name="PacketId">Which publish it answers.</param>
/// <param name="Code">Its reason code; 0 in MQTT 3.1.1.</param>
/// <param name="Reason">Its reason string; null when it has none.</param>
internal readonly record struct MqttAcknowledgement(ushort PacketId, int Code, string? Reason)
{
    /// <summary>The longest reason that is kept, in characters.</summary>
    public const int MaxReason = 1_024;

    /// <summary>How it settles what was published (decision 4).</summary>
    public DeliveryOutcomeKind Outcome => Code switch
    {
        < 0x80 => DeliveryOutcomeKind.Completed,
        0x87 or 0x99 => DeliveryOutcomeKind.Rejected,
        _ => DeliveryOutcomeKind.Abandoned,
    };

    /// <summary>What the device said, as text for the history; null when it completed without a word.</summary>
    public string? Description => Reason is null
        ? Outcome == DeliveryOutcomeKind.Completed ? null : $"MQTT reason code 0x{Code:X2}"
        : ForeignText.Clean(Reason, MaxReason);

    public static bool TryParse(ReadOnlySpan<byte> body, bool version5, out MqttAcknowledgement acknowledgement, [NotNullWhen(false)] out string? fault)
    {
        acknowledgement = default;
        fault = body.Length < 2 || (!version5 && body.Length != 2) ? "A PUBACK has the wrong length." : null;
        if (fault is not null)
            return false;
        var packetId = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (packetId == 0)
        {
            fault = "A PUBACK names packet id 0, which no publish bears [MQTT-2.2.1-3].";
            return false;
        }

        var rest = new MqttBodyReader(body[2..]);
        // Both may be left out: the code when it is 0, the properties when there are none.
        var code = 0;
        string? reason = null;
        if (!rest.Rest.IsEmpty && rest.TryReadByte(out code) && !rest.Rest.IsEmpty)
        {
            if (!rest.TryReadProperties(out var properties) || !rest.Rest.IsEmpty)
                fault = "The properties of a PUBACK do not fit into it.";
            else
                fault = MqttPropertyCheck.FindFault(properties, MqttPropertyPlace.PubAck, out _);
            if (fault is not null)
                return false;
            reason = ReasonIn(properties);
        }

        acknowledgement = new MqttAcknowledgement(packetId, code, reason);
        return true;
    }

    /// <summary>The reason string among properties that were checked.</summary>
    private static string? ReasonIn(ReadOnlySpan<byte> properties)
    {
        var reader = new MqttBodyReader(properties);
        while (reader.TryReadVariable(out var id))
        {
            if (id == (int)MqttPropertyId.ReasonString)
                return Encoding.UTF8.GetString(reader.Rest.Slice(2, BinaryPrimitives.ReadUInt16BigEndian(reader.Rest)));
            reader.TrySkipBinary();
            reader.TrySkipBinary();
        }

        return null;
    }
}
