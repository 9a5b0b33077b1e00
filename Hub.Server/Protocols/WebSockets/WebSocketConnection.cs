using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Hub.Server.Protocols.WebSockets;

/// <summary>
/// An accepted WebSocket as a byte stream: binary frames of any size become bytes of <see cref="Transport"/>'s input, and what the
/// head flushes goes out as binary messages. Two pipes bound what waits in either direction; past that the peer is not read, or the
/// head's flush waits. One per WebSocket; lives as long as <see cref="RunAsync"/>.
/// </summary>
internal sealed class WebSocketConnection : ConnectionContext
{
    // Enough for the largest message in flight to move on in a few turns, and little enough for ten thousand connections.
    private static readonly PipeOptions Bounds = new(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpContext _http;
    private readonly WebSocket _socket;
    private readonly TimeProvider _time;
    private readonly Pipe _input = new(Bounds);
    private readonly Pipe _output = new(Bounds);
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _endLock = new();
    private bool _isOver;
    private WebSocketCloseStatus _closeStatus = WebSocketCloseStatus.NormalClosure;
    private string? _closeSentence;

    public WebSocketConnection(HttpContext http, WebSocket socket, TimeProvider time, CancellationToken stopping)
    {
        _http = http;
        _socket = socket;
        _time = time;
        ConnectionId = http.TraceIdentifier;
        Transport = new Duplex(_input.Reader, _output.Writer);
        ConnectionClosed = _closed.Token;
        LocalEndPoint = EndPointOf(http.Connection.LocalIpAddress, http.Connection.LocalPort);
        RemoteEndPoint = EndPointOf(http.Connection.RemoteIpAddress, http.Connection.RemotePort);

        // What a head finds on a TLS connection of its own: the feature is there exactly when the peer came over TLS.
        if (http.Request.IsHttps)
        {
            Features.Set<ITlsConnectionFeature>(
                http.Features.Get<ITlsConnectionFeature>() ?? new TlsConnectionFeature { ClientCertificate = http.Connection.ClientCertificate });
            Features.Set(http.Features.Get<ITlsHandshakeFeature>());
        }

        // By this a head knows that it speaks through a WebSocket.
        Features.Set(http.Features.Get<IHttpWebSocketFeature>());
        Features.Set<IConnectionLifetimeNotificationFeature>(new Stopping(this, stopping));
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>
    /// Drops the connection at once, without a closing handshake. May be called at any time; when all is over, the request may be another's.
    /// </summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        lock (_endLock)
        {
            if (_isOver)
                return;
            _socket.Abort();
            _http.Abort();
        }
    }

    /// <summary>Runs the head on this connection and closes it when the head has ended.</summary>
    public async Task RunAsync(Func<ConnectionContext, Task> head, Action<Exception> failed)
    {
        var transport = Transport;
        var receiving = ReceiveAsync();
        var sending = SendAsync();
        try
        {
            await head(this);
        }
        catch (ConnectionResetException)
        {
            // The head let through that its peer is gone, as its input told it; the close says why, where there is still somebody to hear.
        }
        catch (Exception error)
        {
            // The boundary of a connection: whatever the head did not foresee ends this connection and no other.
            failed(error);
            _closeStatus = WebSocketCloseStatus.InternalServerError;
        }

        // The head is done: no more is wanted from the peer, and what the head has written still goes out, within a limit.
        await transport.Input.CompleteAsync();
        await transport.Output.CompleteAsync();
        try
        {
            using var timeout = new CancellationTokenSource(CloseTimeout, _time);
            using var abort = timeout.Token.UnsafeRegister(static self => ((WebSocketConnection)self!).Abort(), this);
            await sending;
            await receiving;
        }
        finally
        {
            lock (_endLock)
                _isOver = true;
        }
    }

    /// <summary>Moves bytes from the WebSocket to the head, and after the head's end waits for the peer's close.</summary>
    private async Task ReceiveAsync()
    {
        Exception? broken = null;
        var writer = _input.Writer;
        try
        {
            while (true)
            {
                // A read of no bytes returns when there is something to read: an idle connection holds no buffer.
                var next = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                if (next.MessageType != WebSocketMessageType.Close)
                    next = await _socket.ReceiveAsync(writer.GetMemory(), CancellationToken.None);
                if (next.MessageType == WebSocketMessageType.Close)
                    break;
                if (next.MessageType == WebSocketMessageType.Text)
                {
                    _closeStatus = WebSocketCloseStatus.InvalidMessageType;
                    _closeSentence = "Only binary frames carry this protocol.";
                    broken = new ConnectionResetException("The peer sent a text frame; only binary frames carry this protocol.");
                    break;
                }

                writer.Advance(next.Count);
                if ((await writer.FlushAsync()).IsCompleted)
                {
                    await DiscardUntilCloseAsync();
                    break;
                }
            }
        }
        catch (WebSocketException error)
        {
            broken = new ConnectionResetException("The WebSocket was lost.", error);
        }
        catch (OperationCanceledException error)
        {
            broken = new ConnectionResetException("The WebSocket was aborted.", error);
        }

        await writer.CompleteAsync(broken);
        await _closed.CancelAsync();
    }

    private async Task DiscardUntilCloseAsync()
    {
        var scratch = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while ((await _socket.ReceiveAsync(scratch.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Moves bytes from the head to the WebSocket; what was flushed during a send goes out together as the next message.</summary>
    private async Task SendAsync()
    {
        var reader = _output.Reader;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync();
                var rest = result.Buffer;
                while (!rest.IsEmpty)
                {
                    // Fragments of one message, so that even a peer that takes a message for a whole packet can read it.
                    var part = rest.First;
                    rest = rest.Slice(part.Length);
                    await _socket.SendAsync(part, WebSocketMessageType.Binary, endOfMessage: rest.IsEmpty, CancellationToken.None);
                }

                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    break;
            }

            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(_closeStatus, _closeSentence, CancellationToken.None);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer is gone: the head learns it from its input, and from its flushes, which find the output completed.
            _socket.Abort();
        }

        await reader.CompleteAsync();
    }

    private static IPEndPoint? EndPointOf(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Tells the head that the server stops, as Kestrel does on its own connections.</summary>
    private sealed class Stopping(WebSocketConnection connection, CancellationToken stopping) : IConnectionLifetimeNotificationFeature
    {
        public CancellationToken ConnectionClosedRequested { get; set; } = stopping;

        public void RequestClose() => connection.Abort();
    }
}
