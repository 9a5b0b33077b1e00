using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hub.Server.Security;

/// <summary>
/// Makes the names in a folder durable. A file that is synced and then renamed can be gone after a power cut as long as its folder is
/// not synced too (fsync(2)), and the runtime opens no folder.
/// </summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder cannot be synced.</exception>
    public static void Flush(string folder)
    {
        // Windows writes names through its own journal.
        if (OperatingSystem.IsWindows())
            return;
        using var opened = Open(folder, ReadOnly);
        if (opened.IsInvalid || Sync(opened) != 0)
            throw new IOException($"The folder '{folder}' cannot be written to the disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(SafeFileHandle folder);
}
