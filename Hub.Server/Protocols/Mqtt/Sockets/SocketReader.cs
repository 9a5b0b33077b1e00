using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>
/// The receiving half of a connection. Bytes are read when somebody awaits them, and not before: the socket's own buffer is the
/// back-pressure. They are read into the loop's scratch, which the reader hands back with the bytes consumed; what is left over moves
/// into a pooled array, so that a connection with nothing to read holds no memory.
/// </summary>
internal sealed class SocketReader(SocketConnection connection) : PipeReader, IValueTaskSource<ReadResult>
{
    private const int LeftoverSize = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly Segment _segment = new();
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private Exception? _error;
    private bool _isScratch;
    private bool _needsMore = true;
    private bool _readable;
    private bool _isLast;
    private bool _waiting;
    private bool _cancelled;
    private bool _ended;
    private bool _completed;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfCompleted();
            if (TryTake(out var result))
                return new(result);
            if (_error is not null)
                return ValueTask.FromException<ReadResult>(_error);
            _source.Reset();
            _waiting = true;
            return new(this, _source.Version);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_lock)
        {
            ThrowIfCompleted();
            return TryTake(out result);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_lock)
        {
            if (_buffer is null)
                return;
            _start = consumed.GetInteger();
            _needsMore = examined.GetInteger() == _end;
            if (_start == _end)
            {
                Release();
            }
            else if (_isScratch)
            {
                var left = _buffer.AsSpan(_start, _end - _start);
                var own = ArrayPool<byte>.Shared.Rent(Math.Max(LeftoverSize, left.Length));
                left.CopyTo(own);
                var length = left.Length;
                Release();
                (_buffer, _end) = (own, length);
            }
        }
    }

    public override void CancelPendingRead()
    {
        lock (_lock)
        {
            if (!_waiting)
            {
                _cancelled = true;
                return;
            }

            _waiting = false;
        }

        // Not on the thread of whoever cancels: it may hold locks.
        _source.RunContinuationsAsynchronously = true;
        _source.SetResult(new ReadResult(Sequence(), isCanceled: true, isCompleted: false));
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_lock)
        {
            _completed = true;
            Release();
        }
    }

    /// <summary>The loop says that there is something to read; a reader that waits for it goes on here.</summary>
    /// <param name="loop">The loop, on whose thread this is.</param>
    /// <param name="isLast">Whether the peer has ended its half, or the connection is lost: no later event will tell of that again.</param>
    public void OnReadable(SocketLoop loop, bool isLast)
    {
        ReadResult result;
        lock (_lock)
        {
            _readable = true;
            _isLast |= isLast;
            if (!_waiting)
                return;
            if (_buffer is null)
            {
                _buffer = loop.Scratch;
                _isScratch = true;
            }

            if (!TryTake(out result) && _error is null)
                return;
            _waiting = false;
        }

        _source.RunContinuationsAsynchronously = false;
        if (_error is not null)
            _source.SetException(_error);
        else
            _source.SetResult(result);

        lock (_lock)
        {
            if (!_isScratch)
                return;
            // It goes on elsewhere and still reads there.
            _isScratch = false;
            loop.LeaveScratch();
        }
    }

    /// <summary>Ends the reader's wait, now or later, with an exception.</summary>
    public void Fail(Exception exception)
    {
        lock (_lock)
        {
            _error ??= exception;
            if (!_waiting)
                return;
            _waiting = false;
        }

        _source.RunContinuationsAsynchronously = true;
        _source.SetException(_error);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>What can be given now, read from the socket where that is needed.</summary>
    private bool TryTake(out ReadResult result)
    {
        if (_needsMore && _readable && _error is null && !_cancelled)
            Receive();
        var cancelled = _cancelled;
        var any = cancelled || !_needsMore || _ended;
        _cancelled = false;
        result = any ? new ReadResult(Sequence(), cancelled, _ended) : default;
        return any;
    }

    private void Receive()
    {
        MakeRoom();
        var room = _buffer!.Length - _end;
        var count = Libc.Receive(connection.Handle, _buffer.AsSpan(_end));
        // Less than there was room for: what comes next will be told of.
        _readable = count == room || (_isLast && count > 0);
        if (count > 0)
        {
            _end += count;
            _needsMore = false;
        }
        else if (count == 0)
        {
            _ended = true;
        }
        else if (Marshal.GetLastPInvokeError() is not (Libc.TryAgain or Libc.Interrupted) and var fault)
        {
            _error = new ConnectionResetException($"The connection was lost (error {fault}).");
        }

        if (_start == _end)
            Release();
    }

    private void MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(LeftoverSize);
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        else if (_end == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.CopyTo(larger, 0);
            var end = _end;
            Release();
            (_buffer, _end) = (larger, end);
        }
    }

    private void Release()
    {
        if (_buffer is not null && !_isScratch)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end, _isScratch) = (null, 0, 0, false);
    }

    private ReadOnlySequence<byte> Sequence()
    {
        if (_buffer is null)
            return ReadOnlySequence<byte>.Empty;
        _segment.Set(_buffer);
        return new ReadOnlySequence<byte>(_segment, _start, _segment, _end);
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
            throw new InvalidOperationException("Nothing is read after the reader's end.");
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public void Set(byte[] buffer) => Memory = buffer;
    }
}
