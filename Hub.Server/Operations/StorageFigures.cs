using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Registry;
using Hub.Shared.Operations;
using Microsoft.Extensions.Options;

namespace Hub.Server.Operations;

/// <summary>The room that storage takes, and what is left.</summary>
internal sealed class StorageFigures(IMessageLog log, IOptions<HubOptions> hub, IOptions<StorageOptions> options)
{
    private readonly string _directory = hub.Value.FullDataDirectory;

    public StorageOverview Read()
    {
        var volume = new DriveInfo(_directory);
        return new StorageOverview(log.SizeInBytes, ControlBytes(), volume.AvailableFreeSpace, DiskGuard.MarkOf(options.Value, volume.TotalSize));
    }

    /// <summary>What lies in the data directory itself: the control database and its companions; telemetry has a folder of its own.</summary>
    private long ControlBytes() =>
        Directory.Exists(_directory) ? new DirectoryInfo(_directory).EnumerateFiles().Sum(LengthOf) : 0;

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
