using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Hub.Server.Messaging;
using Hub.Shared.Messages;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// Makes messages of the publishes of one connection. A device mostly sends the same properties again and again, so the last bag is
/// remembered and its properties are shared. Used by the connection's reading loop only.
/// </summary>
internal sealed class MqttMessageMapper(TimeProvider time)
{
    /// <summary>Longer bags are not remembered, so that a connection holds little.</summary>
    private const int MaxRememberedBag = 1024;

    private byte[] _lastBag = [];
    private MqttProperties _lastProperties = MqttProperties.Empty;

    /// <summary>A message of a 3.1.1 publish, or of one without MQTT 5 properties.</summary>
    public Message Map(in MqttPublish publish, ReadOnlySpan<byte> bag, ReadOnlyMemory<byte> body) =>
        Map(PropertiesOf(bag), publish.Retain, publish.Duplicate, body);

    /// <summary>A message of a publish with MQTT 5 properties, which add to those in the topic; what the topic says counts.</summary>
    public Message Map(MqttPublishPacket packet, ReadOnlySpan<byte> bag, ReadOnlyMemory<byte> body)
    {
        var inTopic = PropertiesOf(bag);
        var system = new List<KeyValuePair<string, string>>();
        if (packet.ContentType is not null)
            system.Add(new(SystemPropertyNames.ContentType, packet.ContentType));
        if (packet.CorrelationData is { } correlation)
            system.Add(new(SystemPropertyNames.CorrelationId, TextOf(correlation)));
        if (packet.MessageExpiryInterval > 0)
            system.Add(new(SystemPropertyNames.AbsoluteExpiryTime, ExpiryOf(time.GetUtcNow(), packet.MessageExpiryInterval)));
        var user = packet.UserProperties?.Select(property => new KeyValuePair<string, string>(property.Name, property.ReadValueAsString())) ?? [];

        var properties = new MqttProperties(
            SystemProperties.Create(system.Concat(inTopic.System.Items)),
            ApplicationProperties.Create(user.Concat(inTopic.Application.Items)));
        return Map(properties, packet.Retain, packet.Dup, body);
    }

    /// <summary>Binary correlation data as text: itself where it is text, else base64.</summary>
    public static string TextOf(byte[] bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes);

    /// <summary>When what is published now expires, as the contract writes it.</summary>
    public static string ExpiryOf(DateTimeOffset now, uint seconds) => now.AddSeconds(seconds).UtcDateTime.ToString("o", CultureInfo.InvariantCulture);

    private static Message Map(MqttProperties properties, bool retain, bool duplicate, ReadOnlyMemory<byte> body)
    {
        var application = properties.Application;
        if (retain || duplicate)
        {
            var marked = application.Items.ToList();
            if (retain)
                marked.Add(new("mqtt-retain", "true"));
            if (duplicate)
                marked.Add(new("mqtt-dup", "true"));
            application = ApplicationProperties.Create(marked);
        }

        return new Message { Body = body, SystemProperties = properties.System, Properties = application };
    }

    private MqttProperties PropertiesOf(ReadOnlySpan<byte> bag)
    {
        if (bag.SequenceEqual(_lastBag))
            return _lastProperties;
        var properties = MqttPropertyBag.Parse(bag);
        if (bag.Length <= MaxRememberedBag)
        {
            _lastBag = bag.ToArray();
            _lastProperties = properties;
        }

        return properties;
    }
}
