using Hub.Server.Protocols.Mqtt;
using MQTTnet.Packets;

namespace Hub.Server.Messaging.Planted;

/// <summary>Breaks the walls on purpose, so that the test that guards them is seen to catch it.</summary>
internal static class PlantedBreach
{
    public static MqttOptions KnowsADoor() => new();

    public static MqttPacket KnowsACodec() => new MqttConnectPacket();

    public static Task RunsOnThePool() => Task.Run(() => { });
}
