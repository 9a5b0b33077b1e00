using System.Diagnostics;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>A volume of its own that is easily filled, which only root can mount.</summary>
internal sealed class SmallVolume : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const long Size = 64L << 20;

    private readonly TestFolder _folder = new();

    private SmallVolume() => Path = Directory.CreateDirectory(System.IO.Path.Combine(_folder.Path, "volume")).FullName;

    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Mounts one of 64 MiB; the test is skipped where that cannot be done.</summary>
    public static async Task<SmallVolume> MountAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can mount a small volume.");
        var volume = new SmallVolume();
        var mounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", volume.Path);
        if (!mounted)
            volume._folder.Dispose();
        Assert.SkipUnless(mounted, "A small volume cannot be mounted here.");
        return volume;
    }

    /// <summary>Takes all the room there is.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[1 << 20, 4096])
        {
            var bytes = new byte[size];
            try
            {
                while (file.Length <= Size)
                    file.Write(bytes);
                Assert.Fail("More was written to the small volume than it has room for.");
            }
            catch (IOException)
            {
                // Full, which is what is wanted.
            }
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "-l", Path);
        _folder.Dispose();
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments) =>
        (await Programs.RunAsync(new ProcessStartInfo(program, arguments), Patience)).ExitCode == 0;
}
