using System.Net;
using System.Net.Sockets;
using Hub.Server.Messaging;
using Hub.Server.Protocols.Mqtt;
using Hub.Server.Protocols.Mqtt.Sockets;
using Hub.Server.Security.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Hub.Server;

/// <summary>Opens the doors on Kestrel, all protocols alike, and reports them once they are open. Singleton.</summary>
internal sealed partial class DoorKeeper(IReadOnlyList<Door> doors)
{
    private static readonly IPAddress AnyAddress = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    private readonly List<(Door Door, ListenOptions Listener)> _listeners = [];

    /// <summary>The doors with the ports that they were given; filled once the server has started.</summary>
    public IEnumerable<(Door Door, IPEndPoint Address)> Opened =>
        from listener in _listeners
        where listener.Listener.IPEndPoint is not null
        select (listener.Door, listener.Listener.IPEndPoint);

    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        foreach (var door in doors)
        {
            if (door is { IsMqtt: true, IsTls: false })
                kestrel.Listen(new PlainMqttEndPoint(door.Address ?? AnyAddress, door.Port), listener => Configure(door, listener));
            else if (door.Address is null)
                kestrel.ListenAnyIP(door.Port, listener => Configure(door, listener));
            else
                kestrel.Listen(door.Address, door.Port, listener => Configure(door, listener));
        }
    }

    public void ReportOpen(IDoorReport report)
    {
        foreach (var (door, address) in Opened)
            report.ReportOpen(door.Scheme, door.Address?.ToString() ?? "*", address.Port);
    }

    /// <summary>Why a door did not open, for whoever starts the hub; null when the exception is about no door.</summary>
    public StartupException? ExplainRefusal(Exception exception) => DoorRefusal.Explain(doors, exception);

    private void Configure(Door door, ListenOptions listener)
    {
        _listeners.Add((door, listener));
        listener.Protocols = door.Scheme switch
        {
            "http" => HttpProtocols.Http1,
            "https" => HttpProtocols.Http1AndHttp2,
            _ => HttpProtocols.None,
        };
        if (door.IsTls)
        {
            var logger = listener.ApplicationServices.GetRequiredService<ILogger<DoorKeeper>>();
            var time = listener.ApplicationServices.GetRequiredService<TimeProvider>();
            listener.Use(next => AroundHandshake(next, time, logger));
            var certificate = listener.ApplicationServices.GetRequiredService<ServerCertificate>();
            listener.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = TimeSpan.FromSeconds(10),
                OnConnection = _ => new(door.IsMqtt ? certificate.ForRaw : certificate.ForHttp),
            });
        }

        if (door.IsMqtt)
            listener.UseConnectionHandler<MqttProtocolHead>();
    }

    /// <summary>
    /// Notes when the connection came, since one deadline holds for handshake and authentication together (promise P-7). A peer that
    /// offers only TLS versions which the runtime has given up is its own fault, and no error of the hub.
    /// </summary>
    private static ConnectionDelegate AroundHandshake(ConnectionDelegate next, TimeProvider time, ILogger logger) => async connection =>
    {
        connection.Features.Set(new ConnectionAccepted(time.GetTimestamp()));
        try
        {
            await next(connection);
        }
        catch (NotSupportedException exception)
        {
            Log.HandshakeRefused(logger, connection.ConnectionId, exception.Message);
        }
    };

    private static partial class Log
    {
        [LoggerMessage(EventIds.Application + 20, LogLevel.Debug, "The TLS handshake of {ConnectionId} was refused: {Reason}")]
        public static partial void HandshakeRefused(ILogger logger, string connectionId, string reason);
    }
}
