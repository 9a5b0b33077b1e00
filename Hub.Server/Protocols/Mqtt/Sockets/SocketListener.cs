using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>Takes connections, and deals them out to the loops in turn.</summary>
internal sealed partial class SocketListener(Socket socket, SocketLoop[] loops, TimeProvider time, ILogger logger) : IConnectionListener
{
    /// <summary>What keeps a connection from being taken, such as too many open files, lasts a while.</summary>
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(500);

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
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // It was gone before it was taken.
                continue;
            }
            catch (SocketException exception)
            {
                await PauseAsync(exception, cancellationToken);
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
            catch (Win32Exception exception)
            {
                // Win32Exception is also what a socket throws: it left meanwhile, or the loop may watch no more.
                accepted.Dispose();
                if (exception is not SocketException)
                    await PauseAsync(exception, cancellationToken);
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

    private async Task PauseAsync(Win32Exception exception, CancellationToken cancellationToken)
    {
        Log.NotTaken(logger, EndPoint, exception.Message);
        await Task.Delay(PauseAfterFault, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 9, LogLevel.Error, "A connection at {EndPoint} could not be taken: {Reason}.")]
        public static partial void NotTaken(ILogger logger, EndPoint endPoint, string reason);
    }
}
