using Hub.Server.Registry;
using Hub.Server.Storage;
using Xunit;

namespace Hub.Tests.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hub-data-").FullName;

    private HubOptions Options => new() { DataDirectory = Path.Combine(_folder, "data") };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void D7_Acquire_Twice_SecondIsRefusedUntilTheFirstEnds()
    {
        using (DataDirectory.Acquire(Options))
        {
            var refused = Assert.Throws<StorageUnusableException>(() => DataDirectory.Acquire(Options));
            Assert.Contains("in use by another hub", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Hub:DataDirectory", refused.Message, StringComparison.Ordinal);
        }

        using var again = DataDirectory.Acquire(Options);
        Assert.Equal(Options.DataDirectory, again.Path);
    }

    [Fact]
    public void Acquire_NewFolder_IsForTheOwnerAlone()
    {
        using var directory = DataDirectory.Acquire(Options);

        if (OperatingSystem.IsWindows())
            return;
        foreach (var path in (string[])[directory.Path, directory.KeysPath, directory.TlsPath, directory.TelemetryPath])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Acquire_NetworkFileSystem_IsRefusedAndNotLocked()
    {
        var refused = Assert.Throws<StorageUnusableException>(() => DataDirectory.Acquire(Options, _ => DriveType.Network));

        Assert.Contains("network file system", refused.Message, StringComparison.Ordinal);
        using var directory = DataDirectory.Acquire(Options);
    }

    [Fact]
    public void Acquire_PathIsAFile_IsRefusedWithASentence()
    {
        File.WriteAllText(Options.DataDirectory, "");

        Assert.Contains("Hub:DataDirectory", Assert.Throws<StorageUnusableException>(() => DataDirectory.Acquire(Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenToRead_BesideARunningHub_NeedsNoLock()
    {
        Assert.Throws<StorageUnusableException>(() => DataDirectory.OpenToRead(Options));
        using var running = DataDirectory.Acquire(Options);
        File.WriteAllText(running.ControlPath, "");

        using var reading = DataDirectory.OpenToRead(Options);
        Assert.Equal(running.ControlPath, reading.ControlPath);
    }
}
