using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>
/// The sockets of plain MQTT doors, as one of Kestrel's transports. Kestrel's own moves every read and every write through pipes and
/// the thread pool, because a request's handler may do anything; the MQTT head never waits while it takes publishes, so here it is
/// called on the thread that found the socket readable, and acknowledges on it (docs/decisions/0004). Linux only; elsewhere, and under
/// TLS, Kestrel's own serves. Singleton.
/// </summary>
internal sealed class SocketTransport(TimeProvider time, ILogger<SocketTransport> logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private const int Backlog = 4096;
    private static readonly int Loops = Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    public bool CanBind(EndPoint endpoint) => endpoint is PlainMqttEndPoint && OperatingSystem.IsLinux();

    /// <exception cref="AddressInUseException">Another program listens there.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return new(new SocketListener(socket, [.. Enumerable.Range(1, Loops).Select(number => new SocketLoop(number))], time, logger));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(exception.Message, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>An address at which MQTT is spoken without TLS; its type leads to <see cref="SocketTransport"/>.</summary>
internal sealed class PlainMqttEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
