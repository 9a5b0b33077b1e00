using System.Buffers.Binary;
using System.Text.Unicode;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>A PUBLISH as it lies in the buffer: nothing is copied, and it is gone with the buffer.</summary>
internal readonly ref struct MqttPublish
{
    public required ReadOnlySpan<byte> Topic { get; init; }

    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>MQTT 5 properties, encoded; empty in 3.1.1.</summary>
    public required ReadOnlySpan<byte> Properties { get; init; }

    /// <summary>0 with quality of service 0.</summary>
    public required ushort PacketId { get; init; }

    public required int QualityOfService { get; init; }

    public required bool Retain { get; init; }

    public required bool Duplicate { get; init; }

    /// <summary>Reads the body of a PUBLISH; false, with the fault in words, when it breaks the protocol.</summary>
    public static bool TryParse(int flags, ReadOnlySpan<byte> body, bool version5, out MqttPublish publish, out string? fault)
    {
        publish = default;
        var qualityOfService = (flags >> 1) & 3;
        if (qualityOfService == 3)
            return Fail("A PUBLISH has quality of service 3 [MQTT-3.3.1-4].", out fault);
        if (qualityOfService == 0 && (flags & 8) != 0)
            return Fail("A PUBLISH with quality of service 0 is marked as duplicate [MQTT-3.3.1-2].", out fault);

        // 1. Topic.
        if (body.Length < 2)
            return Fail("A PUBLISH ends within its topic.", out fault);
        var topicLength = BinaryPrimitives.ReadUInt16BigEndian(body);
        body = body[2..];
        if (topicLength > body.Length)
            return Fail("A PUBLISH ends within its topic.", out fault);
        var topic = body[..topicLength];
        body = body[topicLength..];
        // MQTT 5 lets an alias stand for the topic; whether one is there is seen with the properties.
        if (!(version5 && topic.IsEmpty) && !IsTopicName(topic))
            return Fail("A PUBLISH has no valid topic name [MQTT-3.3.2-1, MQTT-3.3.2-2].", out fault);

        // 2. Packet id.
        ushort packetId = 0;
        if (qualityOfService > 0)
        {
            if (body.Length < 2)
                return Fail("A PUBLISH ends within its packet id.", out fault);
            packetId = BinaryPrimitives.ReadUInt16BigEndian(body);
            body = body[2..];
            if (packetId == 0)
                return Fail("A PUBLISH has packet id 0 [MQTT-2.2.1-3].", out fault);
        }

        // 3. Properties.
        var properties = ReadOnlySpan<byte>.Empty;
        if (version5)
        {
            var reader = new MqttBodyReader(body);
            if (!reader.TryReadProperties(out properties))
                return Fail("A PUBLISH ends within its properties.", out fault);
            body = reader.Rest;
        }

        publish = new MqttPublish
        {
            Topic = topic,
            Payload = body,
            Properties = properties,
            PacketId = packetId,
            QualityOfService = qualityOfService,
            Retain = (flags & 1) != 0,
            Duplicate = (flags & 8) != 0,
        };
        fault = null;
        return true;
    }

    /// <summary>Valid UTF-8 without NUL and wildcards, and not empty.</summary>
    public static bool IsTopicName(ReadOnlySpan<byte> topic) =>
        topic.Length > 0 && topic.IndexOfAny((byte)0, (byte)'+', (byte)'#') < 0 && Utf8.IsValid(topic);

    private static bool Fail(string reason, out string? fault)
    {
        fault = reason;
        return false;
    }
}
