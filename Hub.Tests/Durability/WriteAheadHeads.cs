namespace Hub.Tests.Durability;

/// <summary>Watches from outside whether SQLite began a write-ahead log anew, which gives it another head (SQLite's file format, section 4.1).</summary>
internal sealed class WriteAheadHeads(string folder)
{
    private const int HeadLength = 32;

    private readonly Dictionary<string, string> _heads = [];

    /// <summary>True once a log has been seen with two heads; each call looks again.</summary>
    public bool BegunAnew => field || (field = Look());

    private bool Look()
    {
        var changed = false;
        foreach (var path in Directory.EnumerateFiles(folder, "*.segment-wal"))
        {
            var head = ReadHead(path);
            changed |= head is not null && _heads.TryGetValue(path, out var known) && known != head;
            if (head is not null)
                _heads[path] = head;
        }

        return changed;
    }

    /// <summary>Null while there is none, and when the file is gone meanwhile.</summary>
    private static string? ReadHead(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var head = new byte[HeadLength];
            return file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) == HeadLength ? Convert.ToHexString(head) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
