using System.Globalization;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Durability;

/// <summary>
/// P-1, P-2, P-3, D1, R1: a hub that is killed at random moments under load has everything that it acknowledged, in order. Five
/// kills; <c>HUB_KILLS</c> asks for another number and <c>HUB_SEED</c> for another seed.
/// </summary>
public sealed class KillTests
{
    private const int Partitions = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Promise", "P-1")]
    [Trait("Promise", "P-2")]
    [Trait("Promise", "P-3")]
    public async Task D1_R1_KilledUnderLoad_EverythingAcknowledgedIsThereInOrder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are needed.");
        var (kills, seed) = (Switches.Kills(5), Switches.Seed());
        var random = new Random(seed);
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        var hub = await HubProcess.StartAsync(data);
        try
        {
            var owner = await HubOwner.OfAsync(data);
            var writers = await CreateWritersAsync(owner, hub);
            var (ledger, next) = (new AckLedger(), new long[Partitions]);
            for (var kill = 1; kill <= kills; kill++)
            {
                var moment = TimeSpan.FromMilliseconds(random.Next(50, 1500));
                var before = writers.Sum(writer => writer.Acknowledged);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
                var sending = writers.Select(writer => Task.Run(() => writer.SendAsync(hub, int.MaxValue, stop.Token), Token)).ToArray();
                await Eventually.TrueAsync(() => writers.Sum(writer => writer.Acknowledged) > before);
                await Task.Delay(moment, Token);
                await hub.KillAsync();
                Assert.All(await Task.WhenAll(sending), Assert.False);

                hub = await HubProcess.StartAsync(data);
                await ReadAllAsync(owner, hub, next, ledger);
                var context = string.Create(CultureInfo.InvariantCulture, $"kill {kill} after {moment.TotalMilliseconds} ms, seed {seed}");
                foreach (var writer in writers)
                    ledger.AssertHolds(writer.Device, writer.Acknowledged, context);
                Print($"{context}: {writers.Sum(writer => writer.Acknowledged)} acknowledged, {ledger.Stored} stored, {ledger.Duplicates} repeated.");
            }

            await AssertOldOnesAreStillThereAsync(hub, data, writers, ledger);
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    /// <summary>After every restart only what was new was read; at the end all of it once more, from the files themselves.</summary>
    private static async Task AssertOldOnesAreStillThereAsync(HubProcess hub, string data, HubWriter[] writers, AckLedger ledger)
    {
        Assert.Equal(0, (await hub.TerminateAsync()).ExitCode);
        var all = new AckLedger();
        using var log = TelemetryLogs.Open(Path.Combine(data, "telemetry"), Partitions);
        await StoredMessages.ReadAsync(log, all);
        foreach (var writer in writers)
            all.AssertHolds(writer.Device, writer.Acknowledged, "all of the log");
        Assert.Equal(ledger.Stored, all.Stored);
    }

    private static async Task ReadAllAsync(HubOwner owner, HubProcess hub, long[] next, AckLedger ledger)
    {
        using var client = owner.CreateClient(hub);
        for (var partition = 0; partition < Partitions; partition++)
            next[partition] = await HubOwner.ReadAsync(client, partition, next[partition], ledger);
    }

    private static async Task<HubWriter[]> CreateWritersAsync(HubOwner owner, HubProcess hub)
    {
        using var client = owner.CreateClient(hub);
        var writers = new List<HubWriter>();
        for (var i = 0; i < 6; i++)
        {
            var device = "mqtt-" + i.ToString(CultureInfo.InvariantCulture);
            writers.Add(new MqttWriter(device, await HubOwner.CreateDeviceAsync(client, device), window: 1 << i, filler: 100));
        }

        for (var i = 0; i < 2; i++)
        {
            var device = "http-" + i.ToString(CultureInfo.InvariantCulture);
            writers.Add(new HttpWriter(device, await HubOwner.CreateDeviceAsync(client, device), filler: 100));
        }

        return [.. writers];
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
