using System.Buffers;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>What a look at the beginning of the received bytes found.</summary>
internal enum MqttFrameStatus
{
    /// <summary>The frame is not all there yet.</summary>
    Incomplete,

    /// <summary>A whole frame.</summary>
    Complete,

    /// <summary>The length is malformed [MQTT-1.5.5-1].</summary>
    Malformed,

    /// <summary>The length exceeds the limit; known before anything is allocated or waited for.</summary>
    TooLarge,
}

/// <summary>A packet as it lies in the buffer.</summary>
/// <param name="Header">The first byte: type and flags.</param>
/// <param name="HeaderLength">The bytes of the fixed header.</param>
/// <param name="BodyLength">The remaining length.</param>
internal readonly record struct MqttFrame(byte Header, int HeaderLength, int BodyLength)
{
    public const int MaxHeaderLength = 5;

    public int Length => HeaderLength + BodyLength;

    public MqttPacketType Type => (MqttPacketType)(Header >> 4);

    public int Flags => Header & 0x0F;

    /// <summary>The type of the first packet of a buffer that is not empty, whatever else is wrong with it.</summary>
    public static MqttPacketType TypeOf(in ReadOnlySequence<byte> buffer) => (MqttPacketType)(buffer.FirstSpan[0] >> 4);

    /// <summary>Finds the first frame of the buffer.</summary>
    public static MqttFrameStatus TryRead(in ReadOnlySequence<byte> buffer, int maxBodyLength, out MqttFrame frame)
    {
        var first = buffer.FirstSpan;
        if (first.Length >= MaxHeaderLength || buffer.IsSingleSegment)
            return TryRead(first, buffer.Length, maxBodyLength, out frame);

        Span<byte> header = stackalloc byte[MaxHeaderLength];
        var length = (int)Math.Min(buffer.Length, MaxHeaderLength);
        buffer.Slice(0, length).CopyTo(header);
        return TryRead(header[..length], buffer.Length, maxBodyLength, out frame);
    }

    /// <summary>Finds the first frame, given at least the first five bytes of <paramref name="available"/>.</summary>
    public static MqttFrameStatus TryRead(ReadOnlySpan<byte> head, long available, int maxBodyLength, out MqttFrame frame)
    {
        frame = default;
        var length = 0;
        for (var i = 1; i < MaxHeaderLength; i++)
        {
            if (i >= head.Length)
                return MqttFrameStatus.Incomplete;
            var digit = head[i];
            length |= (digit & 0x7F) << (7 * (i - 1));
            if ((digit & 0x80) != 0)
                continue;

            // A length must use the fewest bytes that hold it [MQTT-1.5.5-1].
            if (digit == 0 && i > 1)
                return MqttFrameStatus.Malformed;
            if (length > maxBodyLength)
                return MqttFrameStatus.TooLarge;
            frame = new MqttFrame(head[0], i + 1, length);
            return available >= frame.Length ? MqttFrameStatus.Complete : MqttFrameStatus.Incomplete;
        }

        return MqttFrameStatus.Malformed;
    }
}
