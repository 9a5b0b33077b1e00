using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class DiskGuardTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly IngestGate _gate = new(new FakeTimeProvider(LogSamples.Start));
    private readonly InMemoryMessageLog _log = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string BallastPath => Path.Combine(_folder.Path, "ballast");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LookAsync_LessThanTheMark_ClosesTheGateWithASentence()
    {
        using var guard = Guard(1L << 50);
        await guard.LookAsync(Token);
        Assert.False(_gate.IsOpen);
        Assert.Contains("1024 TiB free", _gate.Closure!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LookAsync_RoomAgain_OpensAfterThreeProbesInARow()
    {
        var space = new DiskSpace(_folder.Path);
        var options = new MovingOptions { StopBelow = 1L << 50 };
        using var guard = new DiskGuard(space, new Ballast(BallastPath), _gate, _log, options, TimeProvider.System, NullLogger<DiskGuard>.Instance);
        await guard.LookAsync(Token);
        options.StopBelow = 1024;

        await guard.LookAsync(Token);
        await guard.LookAsync(Token);
        _log.Fault = MessageLogFault.InputOutput;
        await guard.LookAsync(Token);
        _log.Fault = null;
        await guard.LookAsync(Token);
        await guard.LookAsync(Token);
        Assert.False(_gate.IsOpen);

        await guard.LookAsync(Token);
        Assert.True(_gate.IsOpen);
    }

    [Fact]
    public async Task LookAsync_PlentyOfRoomThenNone_HoldsTheBallastAndGivesItUp()
    {
        var options = new MovingOptions { StopBelow = 4096 };
        using var guard = new DiskGuard(
            new DiskSpace(_folder.Path), new Ballast(BallastPath), _gate, _log, options, TimeProvider.System, NullLogger<DiskGuard>.Instance);
        await guard.LookAsync(Token);
        Assert.Equal(1024, new FileInfo(BallastPath).Length);

        options.StopBelow = 1L << 50;
        await guard.LookAsync(Token);
        Assert.False(File.Exists(BallastPath));
    }

    [Theory]
    [InlineData("", 100L << 30, 256L << 20)]
    [InlineData("", 1L << 30, (1L << 30) / 20)]
    [InlineData("64 MiB", 100L << 30, 64L << 20)]
    [InlineData("1000", 100L << 30, 1000)]
    public void MarkOf_Setting_IsTheConfiguredOrTheLesserDefault(string stopBelow, long total, long mark) =>
        Assert.Equal(mark, DiskGuard.MarkOf(new StorageOptions { StopBelow = stopBelow }, total));

    [Theory]
    [InlineData("much")]
    [InlineData("-1")]
    [InlineData("5 %")]
    [InlineData("99999999 TiB")]
    public void Validate_BadStopBelow_NamesTheKey(string stopBelow) =>
        Assert.Contains("Hub:Storage:StopBelow", new StorageOptionsValidator().Validate(null, new StorageOptions { StopBelow = stopBelow }).FailureMessage, StringComparison.Ordinal);

    private DiskGuard Guard(long stopBelow) => new(
        new DiskSpace(_folder.Path), new Ballast(BallastPath), _gate, _log, new MovingOptions { StopBelow = stopBelow }, TimeProvider.System,
        NullLogger<DiskGuard>.Instance);

    /// <summary>Moves the mark instead of filling a disk.</summary>
    private sealed class MovingOptions : IOptions<StorageOptions>
    {
        public long StopBelow { get; set; }

        public StorageOptions Value => new() { StopBelow = StopBelow.ToString(System.Globalization.CultureInfo.InvariantCulture) };
    }
}
