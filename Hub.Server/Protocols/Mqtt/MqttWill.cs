using System.Text;
using Hub.Server.Messaging;
using Hub.Shared.Messages;
using MQTTnet.Packets;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>What a device left to be said for it, should its connection end without its goodbye.</summary>
/// <param name="Message">As it goes into the log.</param>
/// <param name="DelaySeconds">How long it waits for the device to be back (MQTT 5); 0 for not at all.</param>
internal sealed record MqttWill(Message Message, uint DelaySeconds)
{
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
        return new MqttWill(message, connect.WillDelayInterval);
    }
}
