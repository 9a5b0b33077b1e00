using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>
/// The sending half of a connection. A flush sends at once, on the thread that flushes; only what the socket does not take waits, and
/// the loop sends it when it does. Used by one thread at a time.
/// </summary>
internal sealed class SocketWriter(SocketConnection connection) : PipeWriter, IValueTaskSource<FlushResult>
{
    private const int InitialSize = 256;

    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<FlushResult> _source = new() { RunContinuationsAsynchronously = true };
    private byte[]? _buffer;
    private int _sent;
    private int _end;
    private volatile bool _waiting;
    private bool _broken;

    public override void Advance(int bytes) => _end += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => WithRoom(sizeHint).AsMemory(_end);

    public override Span<byte> GetSpan(int sizeHint = 0) => WithRoom(sizeHint).AsSpan(_end);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (TrySend())
                return new(new FlushResult(isCanceled: false, _broken));
            _source.Reset();
            _waiting = true;
            return new(this, _source.Version);
        }
    }

    public override void CancelPendingFlush() => End(isCancelled: true);

    public override void Complete(Exception? exception = null)
    {
        lock (_lock)
        {
            _broken = true;
            Release();
        }
    }

    /// <summary>The loop says that the socket takes bytes again.</summary>
    public void OnWritable()
    {
        if (!_waiting)
            return;
        lock (_lock)
        {
            if (!_waiting || !TrySend())
                return;
            _waiting = false;
        }

        _source.SetResult(new FlushResult(isCanceled: false, _broken));
    }

    /// <summary>Nothing more is sent; a flush that waits is told so.</summary>
    public void Fail()
    {
        lock (_lock)
            _broken = true;
        End(isCancelled: false);
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void End(bool isCancelled)
    {
        lock (_lock)
        {
            if (!_waiting)
                return;
            _waiting = false;
        }

        _source.SetResult(new FlushResult(isCancelled, _broken));
    }

    /// <summary>True when nothing is left to be sent, be it that the connection is broken.</summary>
    private bool TrySend()
    {
        while (!_broken && _sent < _end)
        {
            var count = Libc.Send(connection.Handle, _buffer.AsSpan(_sent, _end - _sent));
            if (count >= 0)
                _sent += count;
            else if (Marshal.GetLastPInvokeError() == Libc.TryAgain)
                return false;
            else if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                _broken = true;
        }

        Release();
        return true;
    }

    private byte[] WithRoom(int sizeHint)
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, InitialSize));
        }
        else if (_buffer.Length - _end < Math.Max(sizeHint, 1))
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_end + sizeHint, _buffer.Length * 2));
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer;
    }

    private void Release()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _sent, _end) = (null, 0, 0);
    }
}
