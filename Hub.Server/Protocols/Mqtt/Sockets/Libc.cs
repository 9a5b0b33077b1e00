using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>The calls of Linux that the loop needs and .NET does not offer: waiting for many sockets, and reading and writing without waiting.</summary>
internal static partial class Libc
{
    public const int CloseOnExec = 0x80000;
    public const int Add = 1;
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;
    public const uint Failed = 0x8 | 0x10;
    public const uint PeerClosed = 0x2000;
    public const uint OnEdge = 0x8000_0000;

    public const int TryAgain = 11;
    public const int Interrupted = 4;

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;

    /// <summary>The kernel's struct is packed on x86-64 only.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>The bytes of one event.</summary>
    public static int EventSize => DataOffset + sizeof(long);

    public static void WriteEvent(Span<byte> target, uint events, long data)
    {
        MemoryMarshal.Write(target, events);
        MemoryMarshal.Write(target[DataOffset..], data);
    }

    public static (uint Events, long Data) ReadEvent(ReadOnlySpan<byte> source) =>
        (MemoryMarshal.Read<uint>(source), MemoryMarshal.Read<long>(source[DataOffset..]));

    /// <summary>The bytes that have come; 0 at the end, -1 for a fault, which <see cref="Marshal.GetLastPInvokeError"/> gives.</summary>
    public static int Receive(SafeSocketHandle socket, Span<byte> target) =>
        (int)Receive(socket, ref MemoryMarshal.GetReference(target), (nuint)target.Length, DontWait);

    /// <summary>The bytes taken; -1 for a fault, which <see cref="Marshal.GetLastPInvokeError"/> gives.</summary>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> source) =>
        (int)Send(socket, ref MemoryMarshal.GetReference(source), (nuint)source.Length, DontWait | NoSignal);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial SafeFileHandle CreatePoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlPoll(SafeFileHandle poll, int operation, SafeHandle descriptor, ref byte newEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int Wait(SafeFileHandle poll, ref byte events, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial SafeFileHandle CreateEvent(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeSocketHandle socket, ref byte buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, ref byte buffer, nuint length, int flags);
}
