using System.Buffers.Binary;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Walks the lengths and flags of a CONNECT before the codec sees it: the codec is lenient where the specification is not, and what
/// comes before authentication deserves no leniency.
/// </summary>
internal static class MqttConnectCheck
{
    /// <summary>The protocol's name and level; false when the packet is too short to have them.</summary>
    public static bool TryReadProtocol(ReadOnlySpan<byte> body, out bool isMqtt, out int level)
    {
        isMqtt = false;
        level = 0;
        if (body.Length < 2)
            return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(body);
        if (length > 6 || body.Length < 2 + length + 1)
            return false;
        var name = body.Slice(2, length);
        isMqtt = name.SequenceEqual("MQTT"u8);
        level = body[2 + length];
        return isMqtt || name.SequenceEqual("MQIsdp"u8);
    }

    /// <summary>What breaks the protocol, in words; null when nothing does.</summary>
    public static string? FindFault(ReadOnlySpan<byte> body)
    {
        var version5 = body[6] == 5;
        var reader = new MqttBodyReader(body[7..]);
        if (!reader.TryReadByte(out var flags) || !reader.TrySkip(2))
            return "A CONNECT ends within its header.";
        if (FindFlagFault(flags, version5) is { } fault)
            return fault;
        if (!PayloadFits(ref reader, flags, version5, out var propertyFault) || !reader.Rest.IsEmpty)
            return propertyFault ?? "The lengths within a CONNECT do not add up.";
        return null;
    }

    private static string? FindFlagFault(int flags, bool version5)
    {
        var will = (flags & 0x04) != 0;
        var willQualityOfService = (flags >> 3) & 3;
        if ((flags & 1) != 0)
            return "The reserved flag of a CONNECT is set [MQTT-3.1.2-3].";
        if (willQualityOfService == 3 || (!will && (flags & 0x38) != 0))
            return "The will flags of a CONNECT contradict each other [MQTT-3.1.2-11, MQTT-3.1.2-12].";
        if (!version5 && (flags & 0xC0) == 0x40)
            return "A CONNECT has a password but no user name [MQTT-3.1.2-22].";
        return null;
    }

    private static bool PayloadFits(ref MqttBodyReader reader, int flags, bool version5, out string? fault)
    {
        fault = null;
        if (version5 && !PropertiesFit(ref reader, MqttPropertyPlace.Connect, out fault))
            return false;
        if (!reader.TrySkipString(out _))
            return false;
        if ((flags & 0x04) != 0
            && ((version5 && !PropertiesFit(ref reader, MqttPropertyPlace.Will, out fault)) || !reader.TrySkipString(out _) || !reader.TrySkipBinary()))
            return false;
        return ((flags & 0x80) == 0 || reader.TrySkipString(out _)) && ((flags & 0x40) == 0 || reader.TrySkipBinary());
    }

    private static bool PropertiesFit(ref MqttBodyReader reader, MqttPropertyPlace place, out string? fault)
    {
        fault = null;
        if (!reader.TryReadProperties(out var properties))
            return false;
        fault = MqttPropertyCheck.FindFault(properties, place, out var seen);
        if (fault is null && MqttPropertyCheck.Has(seen, MqttPropertyId.AuthenticationData)
            && !MqttPropertyCheck.Has(seen, MqttPropertyId.AuthenticationMethod))
            fault = "Authentication data has no method [MQTT-3.1.2-30].";
        return fault is null;
    }
}
