using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.WebSockets;

/// <summary>
/// The one door for protocols over WebSocket (wire contract, section 0): a protocol head registers its subprotocol and receives each
/// connection as a byte stream, as if it had come over TCP. The door sets no idle limit: that is the head's. Singleton.
/// </summary>
internal sealed partial class WebSocketDoor(IHostApplicationLifetime lifetime, TimeProvider time, ILogger<WebSocketDoor> logger)
{
    // Filled by the root before the doors open, and only read from then on.
    private readonly Dictionary<string, Func<ConnectionContext, Task>> _heads = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gives connections of a subprotocol to a head. The connection ends when the task that the head returns ends. To be called
    /// before the server starts.
    /// </summary>
    public void Register(string subprotocol, Func<ConnectionContext, Task> head)
    {
        if (!_heads.TryAdd(subprotocol, head))
            throw new InvalidOperationException($"The subprotocol '{subprotocol}' is registered already.");
    }

    public async Task AcceptAsync(HttpContext context)
    {
        // 1. Refuse what no head could read, in words: a WebSocket client shows its user little more than the status.
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(context, "This path takes WebSocket connections only.");
            return;
        }

        var requested = context.WebSockets.WebSocketRequestedProtocols;
        if (requested.FirstOrDefault(_heads.ContainsKey) is not { } subprotocol)
        {
            await RefuseAsync(context, requested.Count == 0
                ? $"The request names no subprotocol: set Sec-WebSocket-Protocol to one of {Names}."
                : $"No requested subprotocol is served here: set Sec-WebSocket-Protocol to one of {Names}.");
            return;
        }

        // 2. Accept without pings of our own: the protocol inside has its keep-alive, and an idle connection needs no timer.
        using var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { SubProtocol = subprotocol, KeepAliveInterval = TimeSpan.Zero });

        // 3. Hand it over.
        var connection = new WebSocketConnection(context, socket, time, lifetime.ApplicationStopping);
        Log.Opened(logger, connection.ConnectionId, subprotocol);
        await connection.RunAsync(_heads[subprotocol], error => Log.HeadFailed(logger, error, connection.ConnectionId));
        Log.Closed(logger, connection.ConnectionId);
    }

    private string Names => string.Join(", ", _heads.Keys.Order(StringComparer.Ordinal));

    private static Task RefuseAsync(HttpContext context, string sentence)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence, context.RequestAborted);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WebSockets + 0, LogLevel.Debug, "WebSocket {ConnectionId} opened for {Subprotocol}")]
        public static partial void Opened(ILogger logger, string connectionId, string subprotocol);

        [LoggerMessage(EventIds.WebSockets + 1, LogLevel.Debug, "WebSocket {ConnectionId} closed")]
        public static partial void Closed(ILogger logger, string connectionId);

        [LoggerMessage(EventIds.WebSockets + 2, LogLevel.Error, "The protocol head failed on WebSocket {ConnectionId}")]
        public static partial void HeadFailed(ILogger logger, Exception error, string connectionId);
    }
}
