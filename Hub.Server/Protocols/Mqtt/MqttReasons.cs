using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using MQTTnet.Protocol;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>The reasons for which this head ends a connection, and their MQTT 5 codes.</summary>
internal static class MqttReasons
{
    public static readonly LinkCloseReason ClosedByDevice = new(LinkCloseKind.ClosedByDevice, "The device disconnected.");

    public static readonly LinkCloseReason ConnectionLost = new(LinkCloseKind.ConnectionLost, "The connection was lost without a DISCONNECT.");

    public static readonly LinkCloseReason NotReading = new(LinkCloseKind.NotReading, "The device did not read what it was sent.");

    public static readonly LinkCloseReason Shutdown = new(LinkCloseKind.ServerShutdown, "The hub is stopping.");

    public static readonly LinkCloseReason Failed = new(LinkCloseKind.Failed, "The hub could not go on with the connection: see its log.");

    private const int MaxForeignText = 256;

    /// <summary>The device ended the connection and said why, in words of its own.</summary>
    public static LinkCloseReason ClosedSaying(string foreignText) =>
        new(LinkCloseKind.ClosedByDevice, $"The device disconnected: {ForeignText.Clean(foreignText, MaxForeignText)}");

    public static LinkCloseReason KeepAlive(TimeSpan silence) =>
        new(LinkCloseKind.KeepAliveExpired, $"Nothing was heard for {silence.TotalSeconds:0} s, one and a half times the keep-alive.");

    public static LinkCloseReason StoreUnavailable(string reason) =>
        new(LinkCloseKind.StoreUnavailable, reason) { Told = IngestResult.UnavailableToSenders };

    /// <summary>
    /// The return code of 3.1.1 for a CONNACK: 5 for all that concerns who it is (decision 29), 3 only where trying again helps.
    /// </summary>
    public static MqttConnectReturnCode ToReturnCode(MqttConnectReasonCode code) => code switch
    {
        MqttConnectReasonCode.Success => MqttConnectReturnCode.ConnectionAccepted,
        MqttConnectReasonCode.UnsupportedProtocolVersion => MqttConnectReturnCode.ConnectionRefusedUnacceptableProtocolVersion,
        MqttConnectReasonCode.ServerUnavailable or MqttConnectReasonCode.ServerBusy or MqttConnectReasonCode.ConnectionRateExceeded => MqttConnectReturnCode.ConnectionRefusedServerUnavailable,
        _ => MqttConnectReturnCode.ConnectionRefusedNotAuthorized,
    };

    /// <summary>Under what a PUBLISH with this fault counts as rejected.</summary>
    public static string ToRejection(MqttFault fault) =>
        fault.Code == MqttDisconnectReasonCode.PacketTooLarge ? IngestMetrics.TooLarge
        : fault.Kind == LinkCloseKind.NotAllowed ? IngestMetrics.NotAllowed
        : IngestMetrics.Malformed;

    /// <summary>The code of a DISCONNECT packet for a reason (MQTT 5, 3.14.2.1).</summary>
    public static MqttDisconnectReasonCode ToCode(LinkCloseReason reason) => reason is MqttFault fault
        ? fault.Code
        : reason.Kind switch
        {
            LinkCloseKind.KeepAliveExpired => MqttDisconnectReasonCode.KeepAliveTimeout,
            LinkCloseKind.TakenOver => MqttDisconnectReasonCode.SessionTakenOver,
            LinkCloseKind.DeviceDisabled or LinkCloseKind.DeviceDeleted => MqttDisconnectReasonCode.AdministrativeAction,
            LinkCloseKind.CredentialChanged or LinkCloseKind.TokenExpired => MqttDisconnectReasonCode.NotAuthorized,
            LinkCloseKind.ServerShutdown => MqttDisconnectReasonCode.ServerShuttingDown,
            LinkCloseKind.StoreUnavailable => MqttDisconnectReasonCode.ServerBusy,
            LinkCloseKind.ProtocolViolation => MqttDisconnectReasonCode.ProtocolError,
            _ => MqttDisconnectReasonCode.UnspecifiedError,
        };
}

/// <summary>A reason with a code of its own.</summary>
internal sealed record MqttFault(LinkCloseKind Kind, MqttDisconnectReasonCode Code, string Description) : LinkCloseReason(Kind, Description)
{
    public static MqttFault Malformed(string description) =>
        new(LinkCloseKind.ProtocolViolation, MqttDisconnectReasonCode.MalformedPacket, description);

    public static MqttFault Protocol(string description) =>
        new(LinkCloseKind.ProtocolViolation, MqttDisconnectReasonCode.ProtocolError, description);

    public static MqttFault NotAllowed(MqttDisconnectReasonCode code, string description) => new(LinkCloseKind.NotAllowed, code, description);
}
