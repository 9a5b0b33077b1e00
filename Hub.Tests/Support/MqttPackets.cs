using System.Buffers.Binary;
using System.Text;

namespace Hub.Tests.Support;

/// <summary>What a CONNECT says beside who it is.</summary>
internal sealed record ConnectOptions
{
    public bool Version5 { get; init; }

    public bool Clean { get; init; } = true;

    public ushort KeepAlive { get; init; } = 60;

    public byte[] Properties { get; init; } = [];

    public string? WillTopic { get; init; }

    public string WillBody { get; init; } = "gone";

    public byte[] WillProperties { get; init; } = [];

    public int WillQualityOfService { get; init; }

    public string? UserName { get; init; }
}

/// <summary>Packets as bytes, built by hand so that they can be wrong in any way.</summary>
internal static class MqttPackets
{
    public static readonly byte[] Ping = [0xC0, 0];
    public static readonly byte[] PingResponse = [0xD0, 0];
    public static readonly byte[] Disconnect = [0xE0, 0];

    public static byte[] Connect(string deviceId, string? token, ConnectOptions? options = null)
    {
        options ??= new ConnectOptions();
        var userName = options.UserName ?? $"{HubFixture.HostName}/{deviceId}/?api-version=2021-04-12";
        var flags = (options.Clean ? 2 : 0) | 0x80 | (token is null ? 0 : 0x40)
            | (options.WillTopic is null ? 0 : 0x04 | (options.WillQualityOfService << 3));
        return Frame(
            0x10,
            Text("MQTT"),
            [(byte)(options.Version5 ? 5 : 4), (byte)flags],
            Number(options.KeepAlive),
            options.Version5 ? Properties(options.Properties) : [],
            Text(deviceId),
            options.WillTopic is null ? [] :
            [
                .. options.Version5 ? Properties(options.WillProperties) : [],
                .. Text(options.WillTopic),
                .. Text(options.WillBody),
            ],
            Text(userName),
            token is null ? [] : Text(token));
    }

    /// <summary>A publish; packet id 0 makes it one of quality of service 0. MQTT 5 when properties are given.</summary>
    public static byte[] Publish(string topic, string body, ushort packetId = 0, byte[]? properties = null, int flags = 0) =>
        Publish(topic, Encoding.UTF8.GetBytes(body), packetId, properties, flags);

    public static byte[] Publish(string topic, byte[] body, ushort packetId = 0, byte[]? properties = null, int flags = 0) => Frame(
        (byte)(0x30 | (packetId > 0 ? 2 : 0) | flags),
        Text(topic),
        packetId > 0 ? Number(packetId) : [],
        properties is null ? [] : Properties(properties),
        body);

    public static byte[] Subscribe(ushort packetId, bool version5, params (string Filter, byte Options)[] filters) => Frame(
        0x82, [.. Number(packetId), .. version5 ? [(byte)0] : Array.Empty<byte>(), .. filters.SelectMany(f => (byte[])[.. Text(f.Filter), f.Options])]);

    public static byte[] Unsubscribe(ushort packetId, bool version5, params string[] filters) => Frame(
        0xA2, [.. Number(packetId), .. version5 ? [(byte)0] : Array.Empty<byte>(), .. filters.SelectMany(Text)]);

    public static byte[] PubAck(ushort packetId) => Frame(0x40, Number(packetId));

    /// <summary>A PUBACK of MQTT 5 with a reason code and, where given, a reason string.</summary>
    public static byte[] PubAckWith(ushort packetId, byte code, string? reason = null) =>
        Frame(0x40, Number(packetId), [code], reason is null ? [] : Properties([0x1F, .. Text(reason)]));

    public static byte[] DisconnectWith(byte code, params byte[] properties) => Frame(0xE0, [code], Properties(properties));

    /// <summary>A packet of any first byte with a right length.</summary>
    public static byte[] Frame(byte first, params byte[][] parts)
    {
        var length = parts.Sum(part => part.Length);
        return [first, .. VariableNumber(length), .. parts.SelectMany(part => part)];
    }

    public static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. Number((ushort)bytes.Length), .. bytes];
    }

    public static byte[] Number(ushort number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, number);
        return bytes;
    }

    public static byte[] Number4(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    public static byte[] VariableNumber(int number)
    {
        List<byte> bytes = [];
        do
        {
            bytes.Add((byte)((number & 0x7F) | (number > 0x7F ? 0x80 : 0)));
            number >>= 7;
        }
        while (number > 0);
        return [.. bytes];
    }

    /// <summary>An MQTT 5 user property.</summary>
    public static byte[] UserProperty(string name, string value) => [0x26, .. Text(name), .. Text(value)];

    /// <summary>The code of a CONNACK.</summary>
    public static int CodeOf(byte[] connAck) => connAck[0] == 0x20 ? connAck[3] : throw new InvalidDataException($"Not a CONNACK: {connAck[0]:X2}.");

    /// <summary>The packet id of an acknowledgement.</summary>
    public static int IdOf(byte[] packet) => BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2));

    private static byte[] Properties(byte[] properties) => [.. VariableNumber(properties.Length), .. properties];
}
