using System.Globalization;

namespace Hub.Cli.Load;

/// <summary>What a process has used up to a moment: CPU time, and resident memory now and at its highest. Read from /proc (Linux).</summary>
internal sealed record ProcessSample(TimeSpan Cpu, long ResidentBytes, long PeakResidentBytes)
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Null when there is no such process, or no /proc.</summary>
    public static ProcessSample? TryTake(int processId)
    {
        try
        {
            // The name in parentheses may hold spaces: the fields are counted from behind it.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            var status = File.ReadAllLines($"/proc/{processId}/status");
            return new ProcessSample(TimeSpan.FromSeconds(ticks / TicksPerSecond), Kilobytes(status, "VmRSS:"), Kilobytes(status, "VmHWM:"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The process of this machine that listens at a TCP port; null when it is not found or not ours to see.</summary>
    public static int? FindListener(int port)
    {
        try
        {
            var socket = ListeningSockets("/proc/net/tcp", port).Concat(ListeningSockets("/proc/net/tcp6", port)).FirstOrDefault();
            return socket is null ? null : Directory.EnumerateDirectories("/proc")
                .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0 && Holds(id, $"socket:[{socket}]"))
                .Cast<int?>().FirstOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static IEnumerable<string> ListeningSockets(string table, int port)
    {
        const string listening = "0A";
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return !File.Exists(table) ? [] : File.ReadLines(table).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f[1].EndsWith(suffix, StringComparison.Ordinal) && f[3] == listening)
            .Select(f => f[9]);
    }

    private static bool Holds(int processId, string link)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Any(f => new FileInfo(f).LinkTarget == link);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or another user's.
            return false;
        }
    }

    private static long Kilobytes(string[] status, string name)
    {
        var line = status.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
