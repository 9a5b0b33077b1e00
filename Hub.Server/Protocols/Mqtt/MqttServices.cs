using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Security;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>What every connection needs, gathered once.</summary>
internal sealed record MqttServices(
    DeviceAuthenticator Authenticator,
    SessionTable Sessions,
    MqttSessions MqttSessions,
    MqttTakeovers Takeovers,
    DeviceRefusals Refusals,
    MessageIngress Ingress,
    IngestGate Gate,
    IngestMetrics IngestMetrics,
    MqttWills Wills,
    DeviceBoundQueue DeviceBound,
    DeviceBoundDispatcher Dispatcher,
    MqttOptions Options,
    int MaxMessageSize,
    TimeProvider Time,
    ILogger<MqttProtocolHead> Logger)
{
    /// <summary>The room for topic and properties that a packet has beside the largest message.</summary>
    private const int PacketOverhead = 128 * 1024;

    /// <summary>The largest CONNECT; nothing larger is looked at before authentication (promise P-7).</summary>
    public const int MaxConnectLength = 16 * 1024;

    /// <summary>The largest packet of an authenticated device.</summary>
    public int MaxPacketLength => MaxMessageSize + PacketOverhead;
}
