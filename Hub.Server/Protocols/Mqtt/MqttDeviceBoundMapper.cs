using System.Buffers;
using System.Globalization;
using System.Text;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Makes publishes of cloud-to-device messages, as the clients need them (wire contract, section 2.6): the topic always has a bag, every
/// slash in it escaped, and times in it are in the one form that they read.
/// </summary>
internal static class MqttDeviceBoundMapper
{
    private const int MaxTopicBytes = ushort.MaxValue;

    /// <summary>The system properties that a bag carries, by the names of the wire.</summary>
    private static readonly (string Wire, string Name)[] Carried =
    [
        ("%24.cid", Names.CorrelationId), ("%24.uid", Names.UserId), ("%24.ct", Names.ContentType), ("%24.ce", Names.ContentEncoding),
        ("%24.exp", Names.AbsoluteExpiryTime),
    ];

    /// <summary>A publish without its packet id; null when the message's properties make a topic that is longer than MQTT allows.</summary>
    /// <param name="message">The message.</param>
    /// <param name="version5">Whether its own properties travel as those of MQTT 5, and not in the topic.</param>
    /// <param name="quality">0 or 1.</param>
    /// <param name="lockToken">The key to its settlement, for a device that settles by topic; null for others.</param>
    /// <param name="now">The time.</param>
    public static MqttPublishPacket? Map(DeviceBoundMessage message, bool version5, int quality, Guid? lockToken, DateTimeOffset now)
    {
        var topic = TopicOf(message, lockToken, version5);
        // Escaped, it is ASCII: as many bytes as characters.
        if (topic.Length > MaxTopicBytes)
            return null;
        var packet = new MqttPublishPacket
        {
            Topic = topic,
            QualityOfServiceLevel = (MqttQualityOfServiceLevel)quality,
            Payload = new ReadOnlySequence<byte>(message.Message.Body),
        };
        if (!version5)
            return packet;

        packet.ContentType = message.Message.SystemProperties.ContentType;
        packet.CorrelationData = message.Message.SystemProperties[Names.CorrelationId] is { } id ? Encoding.UTF8.GetBytes(id) : null;
        packet.MessageExpiryInterval = (uint)Math.Clamp(Math.Ceiling((message.Entry.ExpiresAt - now).TotalSeconds), 1, uint.MaxValue);
        packet.UserProperties = [.. message.Message.Properties.Items.Select(pair => new MqttUserProperty(pair.Key, Encoding.UTF8.GetBytes(pair.Value)))];
        return packet;
    }

    private static string TopicOf(DeviceBoundMessage message, Guid? lockToken, bool version5)
    {
        var device = message.Entry.DeviceId.Value;
        var topic = new StringBuilder("devices/").Append(device).Append("/messages/devicebound/");
        topic.Append("%24.to=").Append(Uri.EscapeDataString($"/devices/{device}/messages/devicebound"));
        Append(topic, "%24.mid", message.Entry.MessageId);
        foreach (var (wire, name) in Carried)
        {
            if (message.Message.SystemProperties[name] is { } value)
                Append(topic, wire, value);
        }

        if (lockToken is { } token)
            Append(topic, "%24.lt", token.ToString("D", CultureInfo.InvariantCulture));
        if (message.Entry.Ack != FeedbackAck.None)
            Append(topic, "iothub-ack", message.Entry.Ack.ToString().ToLowerInvariant());
        if (!version5)
        {
            foreach (var (name, value) in message.Message.Properties.Items)
                Append(topic, Uri.EscapeDataString(name), value);
        }

        return topic.ToString();
    }

    private static void Append(StringBuilder topic, string name, string value) =>
        topic.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
}
