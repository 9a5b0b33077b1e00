using System.Buffers.Binary;
using System.Text;

namespace Hub.Cli.Load;

/// <summary>Writes the few MQTT 3.1.1 packets that a load needs. PUBLISH is written once per connection, and then only its packet id changes.</summary>
internal static class PacketEncoder
{
    public static ReadOnlySpan<byte> PingRequest => [0xC0, 0];

    public static ReadOnlySpan<byte> Disconnect => [0xE0, 0];

    /// <summary>CONNECT with a clean session.</summary>
    public static byte[] Connect(MqttIdentity identity, ushort keepAliveSeconds)
    {
        var body = new List<byte> { 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4 };
        var flags = 0x02;
        if (identity.UserName is not null)
            flags |= 0x80;
        if (identity.Password is not null)
            flags |= 0x40;
        body.Add((byte)flags);
        body.Add((byte)(keepAliveSeconds >> 8));
        body.Add((byte)keepAliveSeconds);
        AppendText(body, identity.ClientId);
        if (identity.UserName is not null)
            AppendText(body, identity.UserName);
        if (identity.Password is not null)
            AppendText(body, identity.Password);
        return Frame(0x10, body);
    }

    /// <summary>PUBLISH; for QoS 1 the packet id is to be set with <see cref="SetPacketId"/>.</summary>
    public static PublishTemplate Publish(string topic, ReadOnlySpan<byte> payload, int qos)
    {
        var body = new List<byte>(payload.Length + topic.Length + 4);
        AppendText(body, topic);
        var idInBody = body.Count;
        if (qos > 0)
            body.AddRange([0, 0]);
        body.AddRange(payload);
        var packet = Frame((byte)(0x30 | (qos << 1)), body);
        return new PublishTemplate(packet, qos > 0 ? packet.Length - body.Count + idInBody : -1);
    }

    /// <summary>Patches the packet id of a copy of a template.</summary>
    public static void SetPacketId(Span<byte> packet, int offset, ushort id) => BinaryPrimitives.WriteUInt16BigEndian(packet[offset..], id);

    private static byte[] Frame(byte first, List<byte> body)
    {
        var packet = new List<byte>(body.Count + 5) { first };
        var rest = body.Count;
        do
        {
            var digit = rest & 0x7F;
            rest >>= 7;
            packet.Add((byte)(rest > 0 ? digit | 0x80 : digit));
        }
        while (rest > 0);
        packet.AddRange(body);
        return [.. packet];
    }

    private static void AppendText(List<byte> target, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > ushort.MaxValue)
            throw new CommandException("A text of an MQTT packet has at most 65,535 bytes.");
        target.Add((byte)(bytes.Length >> 8));
        target.Add((byte)bytes.Length);
        target.AddRange(bytes);
    }
}

/// <summary>A PUBLISH ready to be copied.</summary>
/// <param name="Packet">The whole packet.</param>
/// <param name="PacketIdOffset">Where its packet id stands; -1 with QoS 0, which has none.</param>
internal sealed record PublishTemplate(byte[] Packet, int PacketIdOffset);

/// <summary>What a client says of itself in CONNECT.</summary>
internal sealed record MqttIdentity(string ClientId, string? UserName = null, string? Password = null)
{
    /// <summary>Keeps the password out of messages.</summary>
    public override string ToString() => ClientId;
}
