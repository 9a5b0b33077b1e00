using System.Buffers.Binary;
using System.Text.Unicode;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>Walks over the body of a packet as the specification lays it out; every step says whether it was there.</summary>
internal ref struct MqttBodyReader(ReadOnlySpan<byte> body)
{
    public ReadOnlySpan<byte> Rest { get; private set; } = body;

    public bool TryReadByte(out int value)
    {
        value = Rest.IsEmpty ? 0 : Rest[0];
        return TrySkip(1);
    }

    public bool TryReadNumber(int bytes, out uint value)
    {
        value = 0;
        for (var i = 0; i < bytes; i++)
        {
            if (!TryReadByte(out var digit))
                return false;
            value = (value << 8) | (uint)digit;
        }

        return true;
    }

    public bool TrySkip(int count)
    {
        if (count > Rest.Length)
            return false;
        Rest = Rest[count..];
        return true;
    }

    /// <summary>Skips UTF-8 text, which holds no NUL [MQTT-1.5.4-1, MQTT-1.5.4-2].</summary>
    public bool TrySkipString(out int length)
    {
        var before = Rest;
        length = 0;
        if (!TrySkipBinary())
            return false;
        var text = before.Slice(2, before.Length - Rest.Length - 2);
        length = text.Length;
        return text.IndexOf((byte)0) < 0 && Utf8.IsValid(text);
    }

    public bool TrySkipBinary() => Rest.Length >= 2 && TrySkip(2 + BinaryPrimitives.ReadUInt16BigEndian(Rest));

    /// <summary>A number of one to four bytes in the fewest that hold it [MQTT-1.5.5-1].</summary>
    public bool TryReadVariable(out int value)
    {
        value = 0;
        for (var i = 0; i < 4; i++)
        {
            if (!TryReadByte(out var digit))
                return false;
            value |= (digit & 0x7F) << (7 * i);
            if ((digit & 0x80) == 0)
                return digit != 0 || i == 0;
        }

        return false;
    }

    /// <summary>Takes a block of MQTT 5 properties, without its length.</summary>
    public bool TryReadProperties(out ReadOnlySpan<byte> properties)
    {
        properties = default;
        if (!TryReadVariable(out var length) || length > Rest.Length)
            return false;
        properties = Rest[..length];
        Rest = Rest[length..];
        return true;
    }
}
