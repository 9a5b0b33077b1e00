using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>
/// One thread that waits for many sockets, and reads what has come on each: straight into the connection that awaits it, which goes on
/// here, on this thread, and must therefore not wait. What other threads have for these connections is posted to it, so that a
/// connection's objects stay with one core and a busy loop is not woken. A feature of its connections.
/// </summary>
internal sealed class SocketLoop : IDisposable
{
    private const int EventsAtOnce = 512;
    private const int ScratchSize = 64 * 1024;

    private readonly SafeFileHandle _poll;
    private readonly SafeFileHandle _wakeUp;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private volatile SocketConnection?[] _slots = new SocketConnection?[64];
    private readonly Lock _postLock = new();
    private List<IThreadPoolWorkItem> _posted = [];
    private bool _isAsleep;
    private int _used;
    private int _generation;
    private volatile bool _disposed;

    public SocketLoop(int number)
    {
        _poll = Checked(Libc.CreatePoll(Libc.CloseOnExec));
        _wakeUp = Checked(Libc.CreateEvent(0, Libc.CloseOnExec));
        Register(_wakeUp, Libc.Readable | Libc.OnEdge, 0);
        _thread = new Thread(Run) { Name = $"MQTT sockets {number}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where the next bytes are read to. A connection that keeps it leaves another one.</summary>
    public byte[] Scratch { get; private set; } = GC.AllocateUninitializedArray<byte>(ScratchSize);

    public void LeaveScratch() => Scratch = GC.AllocateUninitializedArray<byte>(ScratchSize);

    /// <summary>Begins to watch a connection.</summary>
    /// <exception cref="Win32Exception">The system lets no more be watched.</exception>
    public void Add(SocketConnection connection)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_free.TryPop(out var slot))
                slot = _used++;
            if (slot == _slots.Length)
            {
                var larger = new SocketConnection?[slot * 2];
                _slots.CopyTo(larger, 0);
                _slots = larger;
            }

            // Not zero: that is the wake-up. An event that was on its way to the one before in this slot finds another number.
            connection.Number = ((long)++_generation << 32) | (uint)slot;
            _slots[slot] = connection;
        }

        try
        {
            Register(connection.Handle, Libc.Readable | Libc.Writable | Libc.PeerClosed | Libc.OnEdge, connection.Number);
        }
        catch (Win32Exception)
        {
            Remove(connection);
            throw;
        }
    }

    /// <summary>Has the thread do something soon. It must not wait.</summary>
    public void Post(IThreadPoolWorkItem item)
    {
        lock (_postLock)
        {
            _posted.Add(item);
            if (!_isAsleep)
                return;
            _isAsleep = false;
        }

        WakeUp();
    }

    /// <summary>Forgets a connection; before its socket is closed.</summary>
    public void Remove(SocketConnection connection)
    {
        lock (_lock)
        {
            var slot = (int)(uint)connection.Number;
            if (_slots[slot] != connection)
                return;
            _slots[slot] = null;
            _free.Push(slot);
        }
    }

    /// <summary>Ends the thread; not called on it. The connections have ended before.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        WakeUp();
        _thread.Join();
        _wakeUp.Dispose();
        _poll.Dispose();
    }

    private static SafeFileHandle Checked(SafeFileHandle handle) =>
        handle.IsInvalid ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : handle;

    private void Register(SafeHandle handle, uint events, long number)
    {
        Span<byte> data = stackalloc byte[16];
        Libc.WriteEvent(data, events, number);
        if (Libc.ControlPoll(_poll, Libc.Add, handle, ref MemoryMarshal.GetReference(data)) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    private void WakeUp() => RandomAccess.Write(_wakeUp, BitConverter.GetBytes(1L), fileOffset: 0);

    private void Run()
    {
        // Does nothing to an eventfd. But strace, by which a slow disk is simulated (docs/benchmark.md), stops a thread at each of its
        // system calls until the first fsync, and this thread would make none: 0.14 ms a call was measured, at two calls a message.
        RandomAccess.FlushToDisk(_wakeUp);
        var events = new byte[EventsAtOnce * Libc.EventSize];
        var spare = new List<IThreadPoolWorkItem>();
        while (!_disposed)
        {
            var count = Libc.Wait(_poll, ref events[0], EventsAtOnce, MayWait() ? -1 : 0);
            if (count < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            for (var i = 0; i < count; i++)
            {
                var (what, number) = Libc.ReadEvent(events.AsSpan(i * Libc.EventSize));
                var connection = _slots[(int)(uint)number];
                if (connection is not null && connection.Number == number)
                    connection.OnEvent(what, this);
            }

            spare = RunPosted(spare);
        }
    }

    /// <summary>Whether nothing is posted, so that the thread may sleep until it is woken.</summary>
    private bool MayWait()
    {
        lock (_postLock)
            return _isAsleep = _posted.Count == 0;
    }

    /// <summary>Does what was posted so far; returns an empty list for the next time.</summary>
    private List<IThreadPoolWorkItem> RunPosted(List<IThreadPoolWorkItem> empty)
    {
        List<IThreadPoolWorkItem> posted;
        lock (_postLock)
        {
            _isAsleep = false;
            if (_posted.Count == 0)
                return empty;
            (posted, _posted) = (_posted, empty);
        }

        foreach (var item in posted)
            item.Execute();
        posted.Clear();
        return posted;
    }
}
