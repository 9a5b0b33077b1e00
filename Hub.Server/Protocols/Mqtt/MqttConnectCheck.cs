using System.Buffers.Binary;
using System.Text.Unicode;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Walks the lengths and flags of a CONNECT before the codec sees it: the codec is lenient where the specification is not, and what
/// comes before authentication deserves no leniency.
/// </summary>
internal ref struct MqttConnectCheck
{
    private ReadOnlySpan<byte> _rest;

    private MqttConnectCheck(ReadOnlySpan<byte> body) => _rest = body;

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
        var check = new MqttConnectCheck(body[7..]);
        if (!check.TryReadByte(out var flags) || !check.TrySkip(2))
            return "A CONNECT ends within its header.";
        if (FindFlagFault(flags, version5) is { } fault)
            return fault;
        return check.PayloadFits(flags, version5) && check._rest.IsEmpty ? null : "The lengths within a CONNECT do not add up.";
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

    private bool PayloadFits(int flags, bool version5)
    {
        if (version5 && !TrySkipProperties())
            return false;
        if (!TrySkipString())
            return false;
        if ((flags & 0x04) != 0 && ((version5 && !TrySkipProperties()) || !TrySkipString() || !TrySkipBinary()))
            return false;
        return ((flags & 0x80) == 0 || TrySkipString()) && ((flags & 0x40) == 0 || TrySkipBinary());
    }

    private bool TryReadByte(out int value)
    {
        value = _rest.IsEmpty ? 0 : _rest[0];
        return TrySkip(1);
    }

    private bool TrySkip(int count)
    {
        if (count > _rest.Length)
            return false;
        _rest = _rest[count..];
        return true;
    }

    /// <summary>Skips UTF-8 text, which holds no NUL [MQTT-1.5.4-2].</summary>
    private bool TrySkipString()
    {
        var before = _rest;
        if (!TrySkipBinary())
            return false;
        var text = before.Slice(2, before.Length - _rest.Length - 2);
        return text.IndexOf((byte)0) < 0 && Utf8.IsValid(text);
    }

    private bool TrySkipBinary() => _rest.Length >= 2 && TrySkip(2 + BinaryPrimitives.ReadUInt16BigEndian(_rest));

    private bool TrySkipProperties()
    {
        var length = 0;
        for (var i = 0; i < 4; i++)
        {
            if (!TryReadByte(out var digit))
                return false;
            length |= (digit & 0x7F) << (7 * i);
            if ((digit & 0x80) == 0)
                return TrySkip(length);
        }

        return false;
    }
}
