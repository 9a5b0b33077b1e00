namespace Hub.Server.Operations;

/// <summary>
/// A file that takes room for nothing, to be given up when the disk is nearly full: on a full one, retention and the audit log could
/// not write either, not even to make room.
/// </summary>
internal sealed class Ballast(string path)
{
    /// <summary>Its name in the data directory.</summary>
    public const string FileName = "ballast";

    public bool IsHeld => File.Exists(path);

    /// <summary>Takes the room; false when there is none.</summary>
    public bool TryHold(long bytes)
    {
        if (IsHeld && new FileInfo(path).Length == bytes)
            return true;
        try
        {
            File.Delete(path);
            // The room is really taken, unlike with a file that is only long.
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = bytes });
            file.SetLength(bytes);
            return true;
        }
        catch (IOException)
        {
            // Not enough room for it: the guard goes on without.
            File.Delete(path);
            return false;
        }
    }

    /// <summary>Gives the room up; whether there was any.</summary>
    public bool Release()
    {
        var held = IsHeld;
        File.Delete(path);
        return held;
    }
}
