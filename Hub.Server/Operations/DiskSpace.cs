namespace Hub.Server.Operations;

/// <summary>The volume that a folder lies on.</summary>
internal sealed class DiskSpace(string directory)
{
    /// <summary>The folder.</summary>
    public string Directory { get; } = directory;

    /// <summary>What the hub may still write, and how large the volume is.</summary>
    public (long Free, long Total) Measure()
    {
        var drive = new DriveInfo(Directory);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }
}
