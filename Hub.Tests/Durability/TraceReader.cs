using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Hub.Tests.Durability;

/// <summary>What a traced process did to a disk or to a socket.</summary>
internal enum TraceKind
{
    Create,
    MakeFolder,
    Write,
    Truncate,
    Sync,
    Rename,
    Remove,
    Send,
}

/// <summary>One such call.</summary>
/// <param name="Kind">What.</param>
/// <param name="Position">The line at which it took effect at the earliest; for a sync, the line at which it had returned.</param>
/// <param name="Began">The line at which the call began.</param>
/// <param name="Path">The file or folder; of a send, nothing.</param>
internal sealed record TraceEvent(TraceKind Kind, int Position, int Began, string Path)
{
    public byte[] Data { get; init; } = [];

    /// <summary>Where it writes; -1 for the end of the file. Of a truncate, the new length.</summary>
    public long Offset { get; init; }

    public string To { get; init; } = string.Empty;

    /// <summary>The peer's port of a send.</summary>
    public int Port { get; init; }
}

/// <summary>Reads what strace wrote: the calls that matter below a folder, and what went out over sockets.</summary>
internal sealed partial class TraceReader(string folder)
{
    /// <summary>Runs a program under strace, which leaves the process id to the program (<c>-D</c>).</summary>
    public static string[] Wrapper(string output) =>
    [
        "strace", "-D", "-f", "--seccomp-bpf", "-yy", "-xx", "-s", "4000000", "-o", output, "-e",
        "trace=openat,mkdir,mkdirat,pwrite64,write,pwritev,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,sendto,sendmsg",
    ];

    /// <summary>The calls in the order of their positions, which go on from <paramref name="firstPosition"/>.</summary>
    public List<TraceEvent> Read(string path, int firstPosition)
    {
        var events = new List<TraceEvent>();
        var unfinished = new Dictionary<string, (string Text, int Began)>(StringComparer.Ordinal);
        var position = firstPosition;
        foreach (var line in File.ReadLines(path))
        {
            position++;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var (thread, text, began) = (line[..space], line[space..].TrimStart(), position);
            if (text.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[thread] = (text[..^"<unfinished ...>".Length], position);
                continue;
            }

            if (text.StartsWith("<... ", StringComparison.Ordinal))
            {
                if (!unfinished.Remove(thread, out var begin))
                    continue;
                (text, began) = (begin.Text + text[(text.IndexOf('>', StringComparison.Ordinal) + 1)..], begin.Began);
            }

            if (Parse(text, began, position) is { } call)
                events.Add(call);
        }

        // What was under way when the process was killed may have reached the disk or not, as anything that is not synced.
        events.AddRange(unfinished.Values.Select(call => Parse(call.Text + ") = 2147483647", call.Began, call.Began)).OfType<TraceEvent>()
            .Where(call => call.Kind is not (TraceKind.Sync or TraceKind.Send)));
        return [.. events.OrderBy(call => call.Position)];
    }

    private TraceEvent? Parse(string text, int began, int ended)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var equals = text.LastIndexOf(" = ", StringComparison.Ordinal);
        if (open < 0 || equals < 0 || Number().Match(text, equals) is not { Success: true } result || result.Value.StartsWith('-'))
            return null;
        var returned = long.Parse(result.Value, CultureInfo.InvariantCulture);
        var arguments = text[(open + 1)..equals];
        var call = text[..open] switch
        {
            "openat" when arguments.Contains("O_CREAT", StringComparison.Ordinal) => new TraceEvent(TraceKind.Create, began, began, PathsIn(arguments)[0])
            {
                Offset = arguments.Contains("O_TRUNC", StringComparison.Ordinal) ? 0 : -1,
            },
            "mkdir" or "mkdirat" => new TraceEvent(TraceKind.MakeFolder, began, began, PathsIn(arguments)[0]),
            "unlink" or "unlinkat" => new TraceEvent(TraceKind.Remove, began, began, PathsIn(arguments)[0]),
            "rename" or "renameat" or "renameat2" => new TraceEvent(TraceKind.Rename, began, began, PathsIn(arguments)[0]) { To = PathsIn(arguments)[1] },
            "fsync" or "fdatasync" => new TraceEvent(TraceKind.Sync, ended, began, DescriptorOf(arguments)),
            "ftruncate" => new TraceEvent(TraceKind.Truncate, began, began, DescriptorOf(arguments)) { Offset = LastNumber(arguments) },
            "pwrite64" or "pwritev" => new TraceEvent(TraceKind.Write, began, began, DescriptorOf(arguments))
            {
                Data = DataIn(arguments, returned),
                Offset = LastNumber(arguments),
            },
            "write" or "writev" or "sendto" or "sendmsg" => ToWriteOrSend(arguments, began, returned),
            _ => null,
        };
        return call is not null && (call.Kind == TraceKind.Send || IsOurs(call.Path)) ? call : null;
    }

    private static TraceEvent ToWriteOrSend(string arguments, int began, long returned)
    {
        var data = DataIn(arguments, returned);
        return Peer().Match(arguments) is { Success: true } peer
            ? new TraceEvent(TraceKind.Send, began, began, string.Empty) { Data = data, Port = int.Parse(peer.Groups[1].Value, CultureInfo.InvariantCulture) }
            : new TraceEvent(TraceKind.Write, began, began, DescriptorOf(arguments)) { Data = data, Offset = -1 };
    }

    /// <summary>SQLite makes its shared memory anew from the write-ahead log, so it is left out.</summary>
    private bool IsOurs(string path) =>
        (path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal)) && !path.EndsWith("-shm", StringComparison.Ordinal);

    private static string[] PathsIn(string arguments) => [.. Quoted().Matches(arguments).Select(match => Encoding.UTF8.GetString(Bytes(match.Groups[1].ValueSpan)))];

    private static string DescriptorOf(string arguments) =>
        Descriptor().Match(arguments) is { Success: true } match ? Encoding.UTF8.GetString(Bytes(match.Groups[1].ValueSpan)) : string.Empty;

    private static byte[] DataIn(string arguments, long returned)
    {
        var data = Quoted().Matches(arguments).SelectMany(match => Bytes(match.Groups[1].ValueSpan)).ToArray();
        return returned < data.Length ? data[..(int)returned] : data;
    }

    private static long LastNumber(string arguments) =>
        long.Parse(arguments.AsSpan(arguments.LastIndexOf(',') + 1).Trim().TrimEnd(')'), CultureInfo.InvariantCulture);

    /// <summary>Every byte is written as <c>\x41</c>.</summary>
    private static byte[] Bytes(ReadOnlySpan<char> text)
    {
        var bytes = new byte[text.Length / 4];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = byte.Parse(text.Slice((4 * i) + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return bytes;
    }

    [GeneratedRegex(@"-?\d+")]
    private static partial Regex Number();

    [GeneratedRegex("\"((?:\\\\x[0-9a-f]{2})*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\d+<((?:\\x[0-9a-f]{2})+)>")]
    private static partial Regex Descriptor();

    [GeneratedRegex(@"^\d+<TCP(?:v6)?:\[.*?->.*?:(\d+)\]>")]
    private static partial Regex Peer();
}
