using System.Diagnostics;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Durability;

/// <summary>The server program between its start and its end.</summary>
public sealed class ProcessTests
{
    private const int Partitions = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Terminate_WithMessagesInHand_StoresAndAcknowledgesThemAndExitsInTime()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Programs.Exists("strace"), "strace is not installed.");
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        // A slow disk, so that the signal finds commits under way.
        string[] slow = ["strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=30000"];
        await using var hub = await HubProcess.StartAsync(data, slow);
        var owner = await HubOwner.OfAsync(data);
        using var client = owner.CreateClient(hub);
        var writer = new MqttWriter("d1", await HubOwner.CreateDeviceAsync(client, "d1"), window: 50, filler: 100);

        var sending = Task.Run(() => writer.SendAsync(hub, int.MaxValue, Token), Token);
        await Eventually.TrueAsync(() => writer.Acknowledged > 100);
        var (code, took) = await hub.TerminateAsync();
        Assert.False(await sending.WaitAsync(TimeSpan.FromSeconds(60), Token));

        Assert.Equal(0, code);
        Assert.True(took < TimeSpan.FromSeconds(10), $"The hub took {took.TotalSeconds:0.0} s to stop.");
        var ledger = new AckLedger();
        using var log = TelemetryLogs.Open(Path.Combine(data, "telemetry"), Partitions);
        Assert.Null(await StoredMessages.ReadAsync(log, ledger));
        ledger.AssertHolds("d1", writer.Acknowledged, "after SIGTERM");
        TestContext.Current.TestOutputHelper!.WriteLine($"{writer.Acknowledged} acknowledged, {ledger.Stored} stored, stopped in {took.TotalSeconds:0.0} s.");
    }

    [Fact]
    public async Task D7_TwoHubsOnOneDirectory_TheSecondStopsWithASentence()
    {
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var first = await HubProcess.StartAsync(data);

        var (code, output) = await HubProcess.RunToEndAsync(data);

        Assert.Equal(1, code);
        Assert.Contains("is in use by another hub", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        await first.WaitForHealthAsync(healthy: true);
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task R4_SyncsFailUnderLoad_NothingAcknowledgedIsLost()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Programs.Exists("strace"), "strace is not installed.");
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        MqttWriter writer;
        HubOwner owner;
        await using (var sound = await HubProcess.StartAsync(data))
        {
            owner = await HubOwner.OfAsync(data);
            using var client = owner.CreateClient(sound);
            writer = new MqttWriter("d1", await HubOwner.CreateDeviceAsync(client, "d1"), window: 5, filler: 100);
            Assert.Equal(0, (await sound.TerminateAsync()).ExitCode);
        }

        // Counted for each thread by itself.
        string[] faulty = ["strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=30+30"];
        var broken = 0;
        await using (var hub = await HubProcess.StartAsync(data, faulty))
        {
            var watch = Stopwatch.StartNew();
            while (broken < 3)
            {
                Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), $"Only {broken} faults came in 3 minutes.");
                if (!await writer.SendAsync(hub, writer.Acknowledged + 5, Token))
                {
                    broken++;
                    await hub.WaitForHealthAsync(healthy: true);
                }
            }

            await hub.KillAsync();
        }

        await using var again = await HubProcess.StartAsync(data);
        using var reader = owner.CreateClient(again);
        var ledger = new AckLedger();
        for (var partition = 0; partition < Partitions; partition++)
            await HubOwner.ReadAsync(reader, partition, 0, ledger);
        ledger.AssertHolds("d1", writer.Acknowledged, "failing syncs");
        TestContext.Current.TestOutputHelper!.WriteLine($"{writer.Acknowledged} acknowledged over {broken} faults, {ledger.Stored} stored, {ledger.Duplicates} repeated.");
    }
}
