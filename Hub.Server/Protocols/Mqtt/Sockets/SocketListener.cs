using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>Takes connections, and deals them out to the loops in turn.</summary>
internal sealed class SocketListener(Socket socket, SocketLoop[] loops) : IConnectionListener
{
    private int _next;

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return null;
            }
            catch (SocketException)
            {
                // It was gone before it was taken.
                continue;
            }

            try
            {
                accepted.NoDelay = true;
                var loop = loops[(uint)_next++ % (uint)loops.Length];
                var connection = new SocketConnection(accepted, loop);
                loop.Add(connection);
                return connection;
            }
            catch (SocketException)
            {
                accepted.Dispose();
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return default;
    }

    /// <summary>Called when all connections have ended.</summary>
    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        foreach (var loop in loops)
            loop.Dispose();
        return default;
    }
}
