using Hub.Server.Operations;
using Hub.Server.Registry;
using Hub.Server.Security;

namespace Hub.Server.Storage;

/// <summary>
/// The folder for everything that must last, and the right to write there: one hub at a time. The root makes it before anything
/// else starts and disposes it last.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const long RoomToStart = 1024 * 1024;

    private static readonly string Key = $"{HubOptions.Section}:{nameof(HubOptions.DataDirectory)}";

    private readonly FileStream? _lock;

    private DataDirectory(string path, FileStream? @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    public string ControlPath => System.IO.Path.Combine(Path, "control.db");

    public string TelemetryPath => System.IO.Path.Combine(Path, "telemetry");

    public string KeysPath => System.IO.Path.Combine(Path, "keys");

    public string TlsPath => System.IO.Path.Combine(Path, "tls");

    /// <summary>Makes the folder if need be and takes it for this hub alone, until disposed.</summary>
    /// <exception cref="StorageUnusableException">It is in use by another hub, cannot be written, or lies on a network file system.</exception>
    public static DataDirectory Acquire(HubOptions options) => Acquire(options, path => new DriveInfo(path).DriveType);

    /// <param name="options">Names the folder.</param>
    /// <param name="driveTypeOf">Tells what kind of file system a folder lies on.</param>
    internal static DataDirectory Acquire(HubOptions options, Func<string, DriveType> driveTypeOf)
    {
        var path = options.FullDataDirectory;
        var directory = new DataDirectory(path, null);
        try
        {
            foreach (var folder in (string[])[path, directory.TelemetryPath, directory.KeysPath, directory.TlsPath])
                PrivateFile.CreateFolder(folder);
            RefuseNetwork(path, driveTypeOf);
            var taken = new DataDirectory(path, TakeLock(path));
            MakeRoomToStart(path);
            // What is acknowledged later must not lie in a folder that a power cut takes away.
            FolderSync.Flush(path);
            if (System.IO.Path.GetDirectoryName(path) is { } parent)
                FlushParent(parent);
            return taken;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StorageUnusableException($"The data directory '{path}' cannot be written ({e.Message}); make it writable or set {Key} to another folder.", e);
        }
    }

    /// <summary>The folder as it is, to read beside a running hub: takes no lock and creates nothing.</summary>
    /// <exception cref="StorageUnusableException">There is no data yet.</exception>
    public static DataDirectory OpenToRead(HubOptions options)
    {
        var directory = new DataDirectory(options.FullDataDirectory, null);
        return File.Exists(directory.ControlPath)
            ? directory
            : throw new StorageUnusableException($"The data directory '{directory.Path}' holds no hub's data yet; start the hub once or set {Key}.");
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>On a full volume SQLite cannot even open what is there to be read: the ballast gives the room for that.</summary>
    private static void MakeRoomToStart(string path)
    {
        if (new DriveInfo(path).AvailableFreeSpace < RoomToStart)
            new Ballast(System.IO.Path.Combine(path, Ballast.FileName)).Release();
    }

    private static void FlushParent(string parent)
    {
        try
        {
            FolderSync.Flush(parent);
        }
        catch (IOException)
        {
            // The hub's user need not be allowed to open it, when whoever did made the data directory and answers for it.
        }
    }

    /// <summary>SQLite's locks and shared memory do not hold over a network, so data there would be damaged sooner or later.</summary>
    private static void RefuseNetwork(string path, Func<string, DriveType> driveTypeOf)
    {
        if (driveTypeOf(path) == DriveType.Network)
            throw new StorageUnusableException($"The data directory '{path}' lies on a network file system, where data is not safe; set {Key} to a folder on a local disk.");
    }

    private static FileStream TakeLock(string path)
    {
        try
        {
            // FileShare.None is an advisory lock of the whole file (flock on Unix): the system drops it when the process ends, however it ends.
            return new FileStream(System.IO.Path.Combine(path, "hub.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            throw new StorageUnusableException($"The data directory '{path}' is in use by another hub; stop that one or set {Key} to another folder.", e);
        }
    }

    /// <summary>EWOULDBLOCK of Linux and of macOS, and ERROR_SHARING_VIOLATION of Windows: the runtime has no name for them.</summary>
    private static bool IsSharingViolation(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
