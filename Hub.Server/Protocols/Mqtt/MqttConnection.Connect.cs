using System.Buffers;
using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Security;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Http.Features;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Hub.Server.Protocols.Mqtt;

internal sealed partial class MqttConnection
{
    private const int MaxKeepAliveSeconds = 1177;

    /// <summary>Takes the CONNECT, and answers it. Null when the connection is refused.</summary>
    private async Task<MqttConnectPacket?> ConnectAsync()
    {
        // 1. The packet.
        if (await ReadConnectAsync() is not { } connect)
            return null;
        await LeaveSocketThreadAsync();
        _output!.MaxPacketSize = connect.MaximumPacketSize == 0 ? long.MaxValue : connect.MaximumPacketSize;
        if (connect.AuthenticationMethod is not null)
            return Refuse(MqttConnectReasonCode.BadAuthenticationMethod, "Enhanced authentication is not offered.", null);

        // 2. Whom it claims to be: client id and user name must agree.
        var userName = MqttUserName.TryParse(connect.Username);
        if (!DeviceId.TryParse(connect.ClientId, out var deviceId) || userName is null || userName.ClientId != connect.ClientId)
            return Refuse(MqttConnectReasonCode.NotAuthorized, "The client id and the user name do not name one and the same device.", null);

        // 3. Whether it is.
        var registryChanges = services.Sessions.RegistryChanges;
        var authentication = await services.Authenticator.AuthenticateAsync(
            new DeviceAuthenticationRequest(deviceId, userName.HostName, PasswordOf(connect), CertificateOf(), PeerAddress.TextOf(transport.RemoteEndPoint)), transport.ConnectionClosed);
        if (authentication is not DeviceAuthentication.Accepted accepted)
        {
            var refused = (DeviceAuthentication.Refused)authentication;
            return Refuse(MqttConnectReasonCode.NotAuthorized, refused.Reason, deviceId, refused.DeviceExists, told: refused.IsGenuine ? refused.Reason : null);
        }

        // 4. What it asks for. Who is authenticated hears the reason of a refusal.
        if (FindRefusal(connect, deviceId) is var (code, why) && why is not null)
            return Refuse(code, why, deviceId, told: code == MqttConnectReasonCode.ServerUnavailable ? IngestResult.UnavailableToSenders : why);

        // 5. Its session and its place.
        var sender = new MessageSender(deviceId, accepted.Device.GenerationId, accepted.AuthMethod, userName.ModelId);
        var session = await services.MqttSessions.OpenAsync(sender, connect, _version5);
        var link = CreateLink(sender, accepted, connect);
        _session = session;
        _acks = new MqttAckQueue(_output!, _version5, services.Options.MaxInFlight, services.Options.MaxInFlightBytes);
        _topics = new MqttTopics(deviceId);
        // Of the packet nothing else is kept: its password and names would be a fifth of what a silent connection costs.
        _window = connect.ReceiveMaximum == 0 ? services.Options.DeliveryWindow : Math.Min(services.Options.DeliveryWindow, connect.ReceiveMaximum);
        _will = connect.WillFlag ? MqttWill.Of(connect, _topics) : null;
        Volatile.Write(ref _link, link);
        services.Sessions.Add(link);
        await services.Sessions.ConfirmAsync(link, registryChanges, CancellationToken.None);
        await services.Wills.DeviceIsBackAsync(sender, session.WasPresent);
        _output!.TellsReasons = !_version5 || connect.RequestProblemInformation;
        _output.Send(AcknowledgeConnect(connect, session));
        Log.Connected(services.Logger, deviceId.Value, link.ConnectionId, link.Protocol);
        // A session that goes on is subscribed already.
        BeginDeliveries(link);
        return connect;
    }

    /// <summary>Reads the first packet; null when it is no CONNECT that this hub can answer with more than a refusal.</summary>
    private async Task<MqttConnectPacket?> ReadConnectAsync()
    {
        while (true)
        {
            var read = await _input.ReadAsync(CancellationToken.None);
            var buffer = read.Buffer;
            // Looked at before more is awaited: a peer that declares too much is closed at once and costs nothing.
            if (!buffer.IsEmpty && buffer.FirstSpan[0] != 0x10)
                return null;
            var status = MqttFrame.TryRead(buffer, MqttServices.MaxConnectLength, out var frame);
            if (status == MqttFrameStatus.Complete)
            {
                var body = buffer.Slice(frame.HeaderLength, frame.BodyLength).ToArray();
                _input.AdvanceTo(buffer.GetPosition(frame.Length));
                return DecodeConnect(frame, body);
            }

            if (status != MqttFrameStatus.Incomplete || read.IsCompleted)
                return null;
            _input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private MqttConnectPacket? DecodeConnect(MqttFrame frame, byte[] body)
    {
        if (!MqttConnectCheck.TryReadProtocol(body, out var isMqtt, out var level))
            return null;
        _version5 = isMqtt && level == 5;
        _output = new MqttOutput(transport.Transport.Output, _version5, services.Time);
        if (!isMqtt || level is not (4 or 5))
            return Refuse(MqttConnectReasonCode.UnsupportedProtocolVersion, $"Protocol level {level} is not spoken here.", null);
        if (MqttConnectCheck.FindFault(body) is { } fault)
            return Refuse(MqttConnectReasonCode.MalformedPacket, fault, null);
        return MqttCodec.Decode<MqttConnectPacket>(frame, body, _version5, out var codecFault)
            ?? Refuse(MqttConnectReasonCode.MalformedPacket, codecFault!, null);
    }

    /// <summary>What an authenticated device may not ask for in its CONNECT.</summary>
    private (MqttConnectReasonCode Code, string? Why) FindRefusal(MqttConnectPacket connect, DeviceId deviceId)
    {
        if (connect.WillFlag && !new MqttTopics(deviceId).IsTelemetry(connect.WillTopic, out _))
            return (MqttConnectReasonCode.TopicNameInvalid, "A will may go to the device's own telemetry topic only.");
        if (connect.WillFlag && connect.WillQoS == MqttQualityOfServiceLevel.ExactlyOnce)
            return (MqttConnectReasonCode.QoSNotSupported, "A will has quality of service 0 or 1.");
        if (connect is { WillFlag: true, WillRetain: true } && _version5)
            return (MqttConnectReasonCode.RetainNotSupported, "Nothing is retained here: a will may not ask for it [MQTT-3.2.2-13].");
        if (services.Sessions.TryGet(deviceId, out _) && !services.Takeovers.TryTake(deviceId))
            return (MqttConnectReasonCode.ConnectionRateExceeded, "Several clients keep taking this device's connection from each other: give each its own device id.");
        return services.Gate.Closure is { } closure
            ? (MqttConnectReasonCode.ServerUnavailable, closure.Reason)
            : (MqttConnectReasonCode.Success, null);
    }

    private MqttConnectPacket? Refuse(MqttConnectReasonCode code, string reason, DeviceId? device, bool isRegistered = true, string? told = null)
    {
        services.Refusals.Refused(
            new RefusedPeer(transport.ConnectionId, device, ProtocolName(), PeerAddress.WithPort(transport.RemoteEndPoint)), reason, isRegistered);

        // A malformed CONNECT of 3.1.1 is closed without an answer [MQTT-3.1.4-1]; MQTT 5 may be told.
        if (code != MqttConnectReasonCode.MalformedPacket || _version5)
        {
            _output!.Send(new MqttConnAckPacket
            {
                ReasonCode = code,
                ReturnCode = MqttReasons.ToReturnCode(code),
                ReasonString = told,
                WildcardSubscriptionAvailable = true,
            });
        }

        return null;
    }

    private MqttDeviceLink CreateLink(MessageSender sender, DeviceAuthentication.Accepted accepted, MqttConnectPacket connect)
    {
        var keepAlive = connect.KeepAlivePeriod == 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(connect.KeepAlivePeriod * 1.5);
        return new MqttDeviceLink(services.Time)
        {
            Sender = sender,
            ConnectionId = transport.ConnectionId,
            Protocol = ProtocolName(),
            RemoteAddress = PeerAddress.WithPort(transport.RemoteEndPoint),
            Proof = accepted.Proof,
            MaxSilence = keepAlive < services.Options.MaxSilence ? keepAlive : services.Options.MaxSilence,
        };
    }

    private MqttConnAckPacket AcknowledgeConnect(MqttConnectPacket connect, MqttSessionState session)
    {
        var answer = new MqttConnAckPacket
        {
            ReasonCode = MqttConnectReasonCode.Success,
            ReturnCode = MqttConnectReturnCode.ConnectionAccepted,
            IsSessionPresent = session.WasPresent,
        };
        if (!_version5)
            return answer;

        answer.MaximumQoS = MqttQualityOfServiceLevel.AtLeastOnce;
        answer.ReceiveMaximum = (ushort)services.Options.MaxInFlight;
        answer.MaximumPacketSize = (uint)services.MaxPacketLength;
        answer.TopicAliasMaximum = 0;
        answer.RetainAvailable = false;
        answer.WildcardSubscriptionAvailable = true;
        answer.SharedSubscriptionAvailable = false;
        answer.SubscriptionIdentifiersAvailable = false;
        // So that one and a half times of it is no more than the longest silence.
        var longest = (ushort)Math.Min(MaxKeepAliveSeconds, services.Options.MaxSilence.TotalSeconds / 1.5);
        if (connect.KeepAlivePeriod == 0 || connect.KeepAlivePeriod > longest)
            answer.ServerKeepAlive = longest;
        return answer;
    }

    private static string? PasswordOf(MqttConnectPacket connect) =>
        connect.Password is { Length: > 0 } password ? Encoding.UTF8.GetString(password) : null;

    private System.Security.Cryptography.X509Certificates.X509Certificate2? CertificateOf() =>
        transport.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
}
