using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>A connection whose socket is watched by a <see cref="SocketLoop"/>.</summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe, IConnectionEndPointFeature, IConnectionLifetimeFeature
{
    private const int DrainAtMost = 64 * 1024;

    private readonly Socket _socket;
    private readonly SocketLoop _loop;
    private readonly SocketReader _reader;
    private readonly SocketWriter _writer;
    private readonly CancellationTokenSource _closed = new();
    private bool _disposed;

    public SocketConnection(Socket socket, SocketLoop loop)
    {
        (_socket, _loop) = (socket, loop);
        Handle = socket.SafeHandle;
        _reader = new SocketReader(this);
        _writer = new SocketWriter(this);
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Transport = this;
        ConnectionId = Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
        // What is asked for by way of features; everything else of a connection is asked for here.
        Features.Set<IConnectionEndPointFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set(loop);
    }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new ConnectionFeatures();

    public override IDictionary<object, object?> Items { get => field ??= new ConnectionItems(); set; }

    public SafeSocketHandle Handle { get; }

    /// <summary>Under which the loop knows it.</summary>
    public long Number { get; set; }

    PipeReader IDuplexPipe.Input => _reader;

    PipeWriter IDuplexPipe.Output => _writer;

    public void OnEvent(uint what, SocketLoop loop)
    {
        if ((what & (Libc.Writable | Libc.Failed)) != 0)
            _writer.OnWritable();
        if ((what & (Libc.Readable | Libc.PeerClosed | Libc.Failed)) != 0)
            _reader.OnReadable(loop, isLast: (what & (Libc.PeerClosed | Libc.Failed)) != 0);
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _reader.Fail(abortReason);
        _writer.Fail();
        ShutDown(SocketShutdown.Both);
        // On the pool: those who listen do what they like.
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        ShutDown(SocketShutdown.Send);
        // A socket closed with bytes unread resets the connection, and what was said last is lost to the peer.
        var rest = new byte[4096];
        for (var drained = 0; drained < DrainAtMost;)
        {
            var count = Libc.Receive(Handle, rest);
            if (count <= 0)
                break;
            drained += count;
        }

        _loop.Remove(this);
        _socket.Dispose();
        await _closed.CancelAsync();
        await base.DisposeAsync();
    }

    private void ShutDown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was quicker, or it was closed before: there is nothing left to end.
        }
    }
}
