using System.Buffers;
using MQTTnet.Adapter;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// MQTTnet's codec for all packets but PUBLISH and PUBACK on their hot paths. The adapters keep buffers, so that there is one for each
/// thread and version, not for each connection.
/// </summary>
internal static class MqttCodec
{
    private const int BufferSize = 512;
    private const int MaxBufferSize = 512 * 1024;

    [ThreadStatic]
    private static MqttPacketFormatterAdapter? _version311;

    [ThreadStatic]
    private static MqttPacketFormatterAdapter? _version5;

    /// <summary>Reads a packet; null, with the fault in words, when it breaks the protocol.</summary>
    /// <param name="frame">The packet's frame.</param>
    /// <param name="body">Its bytes behind the fixed header; given away, since the decoder hands out slices of it.</param>
    /// <param name="version5">Whether the connection speaks MQTT 5.</param>
    /// <param name="fault">What is wrong; null when nothing is.</param>
    public static T? Decode<T>(MqttFrame frame, byte[] body, bool version5, out string? fault)
        where T : MqttPacket
    {
        try
        {
            fault = null;
            return (T)Adapter(version5).Decode(new ReceivedMqttPacket(frame.Header, body, frame.Length));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The bytes are a stranger's: whatever the decoder trips over is their fault. Its own messages tell what is wrong without
            // repeating the bytes; those of other exceptions might not.
            fault = exception is MqttProtocolViolationException or MqttCommunicationException
                ? $"A {frame.Type} packet is malformed: {exception.Message.TrimEnd('.')}."
                : $"A {frame.Type} packet is malformed.";
            return null;
        }
    }

    /// <summary>Writes a packet to the end of a buffer.</summary>
    public static void Encode(MqttPacket packet, bool version5, IBufferWriter<byte> output)
    {
        var adapter = Adapter(version5);
        var encoded = adapter.Encode(packet);
        output.Write(encoded.Packet);
        foreach (var segment in encoded.Payload)
            output.Write(segment.Span);
        adapter.Cleanup();
    }

    private static MqttPacketFormatterAdapter Adapter(bool version5) => version5
        ? _version5 ??= new MqttPacketFormatterAdapter(MqttProtocolVersion.V500, new MqttBufferWriter(BufferSize, MaxBufferSize))
        : _version311 ??= new MqttPacketFormatterAdapter(MqttProtocolVersion.V311, new MqttBufferWriter(BufferSize, MaxBufferSize));
}
