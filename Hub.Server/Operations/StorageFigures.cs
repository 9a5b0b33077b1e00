using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Operations;
using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>The room that storage takes, and what is left.</summary>
internal sealed class StorageFigures(IMessageLog log, DiskSpace space, IOptions<StorageOptions> options)
{
    public StorageOverview Read()
    {
        var (free, total) = space.Measure();
        return new StorageOverview(log.SizeInBytes, ControlBytes(), free, DiskGuard.MarkOf(options.Value, total));
    }

    /// <summary>What lies in the data directory itself: the control database and its companions; telemetry has a folder of its own.</summary>
    private long ControlBytes() =>
        Directory.Exists(space.Directory) ? new DirectoryInfo(space.Directory).EnumerateFiles().Sum(LengthOf) : 0;

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            // SQLite removed a companion file between the listing and now.
            return 0;
        }
    }
}
