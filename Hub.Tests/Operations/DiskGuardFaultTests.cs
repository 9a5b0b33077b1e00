using Hub.Server.Messaging;
using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class DiskGuardFaultTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FakeTimeProvider _time = new(LogSamples.Start);
    private readonly LogCapture _logged = new();
    private readonly LoggerFactory _loggers;

    public DiskGuardFaultTests() => _loggers = new LoggerFactory([_logged]);

    public void Dispose()
    {
        _loggers.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task ExecuteAsync_BallastCannotBeDeleted_ClosesTheGateAndGoesOn()
    {
        // A folder in the ballast's place refuses to be deleted as a file does that nobody may touch, and even to the superuser.
        var ballast = Path.Combine(_folder.Path, Ballast.FileName);
        Directory.CreateDirectory(ballast);
        var gate = new IngestGate(_time);
        using var guard = new DiskGuard(
            new DiskSpace(_folder.Path), new Ballast(ballast), gate, new InMemoryMessageLog(), Options.Create(new StorageOptions { StopBelow = "1024 TiB" }), _time,
            _loggers.CreateLogger<DiskGuard>());

        await guard.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => _logged.Of<DiskGuard>().Count == 1);
        Assert.False(gate.IsOpen);
        Assert.False(guard.ExecuteTask!.IsCompleted);

        Directory.Delete(ballast);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(DiskGuard.Interval);
            return _logged.Of<DiskGuard>().Count == 2;
        });
        Assert.Equal([LogLevel.Warning, LogLevel.Error], _logged.Of<DiskGuard>().Select(line => line.Level));
        await guard.StopAsync(TestContext.Current.CancellationToken);
    }
}
