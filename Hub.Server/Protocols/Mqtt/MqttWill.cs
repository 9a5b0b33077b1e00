using System.Text;
using Hub.Server.Messaging;
using Hub.Shared.Messages;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>What a device left to be said for it, should its connection end without its goodbye.</summary>
/// <param name="Message">As it goes into the log, but for its expiry.</param>
/// <param name="DelaySeconds">How long it waits for the device to be back (MQTT 5); 0 for not at all.</param>
/// <param name="ExpirySeconds">After how long it expires, counted from its publication (MQTT 5, 3.1.3.2.4); 0 for never.</param>
internal sealed record MqttWill(Message Message, uint DelaySeconds, uint ExpirySeconds)
{
    /// <summary>The message as it is published now.</summary>
    public Message PublishedAt(DateTimeOffset now) => ExpirySeconds == 0
        ? Message
        // Before the others: an expiry that the topic names counts.
        : new Message
        {
            Body = Message.Body,
            SystemProperties = SystemProperties.Create(
                [new(SystemPropertyNames.AbsoluteExpiryTime, MqttMessageMapper.ExpiryOf(now, ExpirySeconds)), .. Message.SystemProperties.Items]),
            Properties = Message.Properties,
        };

    /// <summary>The will of a CONNECT that has one, on a topic that was found to be the device's own (wire contract, section 3).</summary>
    public static MqttWill Of(MqttConnectPacket connect, MqttTopics topics)
    {
        topics.IsTelemetry(connect.WillTopic, out var bag);
        var properties = MqttPropertyBag.Parse(Encoding.UTF8.GetBytes(bag));
        List<KeyValuePair<string, string>> system = [];
        if (connect.WillContentType is not null)
            system.Add(new(SystemPropertyNames.ContentType, connect.WillContentType));
        if (connect.WillCorrelationData is { } correlation)
            system.Add(new(SystemPropertyNames.CorrelationId, MqttMessageMapper.TextOf(correlation)));
        List<KeyValuePair<string, string>> application =
        [
            .. connect.WillUserProperties?.Select(property => new KeyValuePair<string, string>(property.Name, property.ReadValueAsString())) ?? [],
            .. properties.Application.Items,
        ];
        if (connect.WillRetain)
            application.Add(new("mqtt-retain", "true"));
        application.Add(new("iothub-MessageType", "Will"));
        var message = new Message
        {
            Body = connect.WillMessage ?? [],
            SystemProperties = SystemProperties.Create(system.Concat(properties.System.Items)),
            Properties = ApplicationProperties.Create(application),
        };
        return new MqttWill(message, connect.WillDelayInterval, connect.WillMessageExpiryInterval);
    }
}
