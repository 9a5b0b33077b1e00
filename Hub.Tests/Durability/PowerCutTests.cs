using Hub.Server.Storage;
using Hub.Server.Storage.Telemetry;
using Hub.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Durability;

/// <summary>
/// P-1, P-3, D2, R2: power cuts, simulated from a trace of the running hub. Whatever of the unsynced writes is lost or torn, all that
/// was acknowledged before the cut is there. 2,000 states; <c>HUB_POWER_CUTS</c> asks for another number, <c>HUB_SEED</c> for another
/// seed. The control takes the syncs out of the same trace, and must lose.
/// </summary>
public sealed class PowerCutTests
{
    private const int States = 2_000;
    private const int Partitions = 4;

    [Fact]
    [Trait("Promise", "P-1")]
    [Trait("Promise", "P-3")]
    public async Task D2_R2_PowerCutAtAnyMoment_LosesNothingAcknowledged()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Programs.Exists("strace"), "strace is not installed.");
        using var folder = new TestFolder();
        var data = Path.Combine(folder.Path, "data");
        var run = await TracedRun.RecordAsync(folder.Path, data);
        var seed = Switches.Seed();
        Print($"{run.Calls.Count} calls, {run.Calls.Count(call => call.Kind == TraceKind.Sync)} of them syncs; {run.Acknowledgements.Count} acknowledgements; seed {seed}.");
        Assert.True(run.Acknowledgements.Count >= 800, "The trace shows fewer acknowledgements than were received.");
        Assert.True(run.Calls.Count(call => call is { Kind: TraceKind.Create } && call.Path.EndsWith(".segment", StringComparison.Ordinal)) > 2, "No segment was begun under load.");
        Assert.True(HasBegunLogAnew(run), "No write-ahead log was moved into its file and begun anew under load.");
        Assert.True(IsSyncedBeforeItIsShown(run), "What the kill left unsynced in the write-ahead log was read, and not synced before.");

        var cuts = await CutAsync(run, data, run.Calls, Switches.PowerCuts(States), seed);
        Print($"{cuts.States} states: {cuts.Lost} of {cuts.Acknowledged} acknowledged lost, {cuts.Faults.Count} faults.");
        Assert.True(cuts.Faults.Count == 0, $"{cuts.Faults.Count} states are not sound (seed {seed}), such as: {string.Join(Environment.NewLine, cuts.Faults.Take(5))}");

        var control = await CutAsync(run, data, [.. run.Calls.Where(call => call.Kind != TraceKind.Sync)], States / 20, seed);
        Print($"Control without syncs, {control.States} states: {control.Lost} of {control.Acknowledged} acknowledged lost.");
        Assert.True(control.LosingStates > control.States / 2, "The simulation does not lose what was not synced, so it proves nothing.");
    }

    /// <summary>Whether a write-ahead log got a second head under load, where nothing but the log's reuse writes one.</summary>
    private static bool HasBegunLogAnew(TracedRun run) => run.Calls
        .TakeWhile(call => call.Position <= run.Killed)
        .Where(call => call is { Kind: TraceKind.Write, Offset: 0 } && call.Path.EndsWith(".segment-wal", StringComparison.Ordinal))
        .CountBy(call => call.Path)
        .Any(heads => heads.Value > 1);

    /// <summary>
    /// Whether the second life synced the write-ahead log that the first left before it noted anywhere what that holds. The states hit the
    /// moment between the two by chance only.
    /// </summary>
    private static bool IsSyncedBeforeItIsShown(TracedRun run)
    {
        var second = run.Calls.Where(call => call.Position > run.Killed && call.Kind != TraceKind.Create).ToArray();
        var log = second.First(call => call.Path.EndsWith(".segment-wal", StringComparison.Ordinal)).Path;
        var index = log.Replace(".segment-wal", ".index", StringComparison.Ordinal);
        var first = second.First(call => call.Path == log || (call.Kind == TraceKind.Write && call.Path.StartsWith(index, StringComparison.Ordinal)));
        Print($"First in the second life: {first.Kind} of {Path.GetFileName(first.Path)}.");
        return first.Path == log && first.Kind == TraceKind.Sync;
    }

    private static async Task<Outcome> CutAsync(TracedRun run, string data, IReadOnlyList<TraceEvent> calls, int states, int seed)
    {
        var random = new Random(seed);
        var cuts = Enumerable.Range(0, states).Select(_ => PositionOf(run, random)).Order().ToArray();
        var (disk, next, outcome) = (new SimulatedDisk(data), 0, new Outcome());
        foreach (var cut in cuts)
        {
            for (; next < calls.Count && calls[next].Position <= cut; next++)
                disk.Apply(calls[next]);
            await CheckAsync(run, disk, cut, random, outcome);
        }

        return outcome;
    }

    /// <summary>Right behind a call or an acknowledgement, where it matters most.</summary>
    private static int PositionOf(TracedRun run, Random random) => random.Next(2) == 0
        ? run.Calls[random.Next(run.Calls.Count)].Position
        : run.Acknowledgements[random.Next(run.Acknowledgements.Count)].Position;

    private static async Task CheckAsync(TracedRun run, SimulatedDisk disk, int cut, Random random, Outcome outcome)
    {
        using var left = new MemoryFolder();
        disk.CutPower(random, left.Path);
        outcome.States++;
        var before = outcome.Lost;
        try
        {
            await CheckLogAsync(run, left.Path, cut, outcome);
            CheckControl(run, left.Path, cut, outcome);
        }
        catch (Exception exception) when (exception is StorageUnusableException or SqliteException)
        {
            outcome.Faults.Add($"cut at {cut}: {exception.Message}");
            outcome.Lost++;
        }

        outcome.LosingStates += outcome.Lost > before ? 1 : 0;
    }

    private static async Task CheckLogAsync(TracedRun run, string left, int cut, Outcome outcome)
    {
        var reports = new Reports();
        var damage = TelemetryLogs.Damage(reports);
        var ledger = new AckLedger();
        using (var log = TelemetryLogs.Open(Path.Combine(left, "telemetry"), Partitions, damage: damage))
        {
            if (await StoredMessages.ReadAsync(log, ledger) is { } gap)
                outcome.Faults.Add($"cut at {cut}: sequence number {gap} is left out");
        }

        if (ledger.Fault is not null || damage.Count > 0)
            outcome.Faults.Add($"cut at {cut}: {ledger.Fault ?? reports.Last}");
        foreach (var device in run.Acknowledgements.TakeWhile(acknowledgement => acknowledgement.Position <= cut).GroupBy(acknowledgement => acknowledgement.Device))
        {
            var acknowledged = device.Max(acknowledgement => acknowledgement.Count);
            var lost = ledger.LostOf(device.Key, acknowledged);
            outcome.Acknowledged += acknowledged;
            outcome.Lost += lost;
            if (lost > 0)
                outcome.Faults.Add($"cut at {cut}: {lost} of {acknowledged} acknowledged messages of {device.Key} are lost");
        }
    }

    /// <summary>A device whose creation was acknowledged is there, and so is the file without which its key cannot be read.</summary>
    private static void CheckControl(TracedRun run, string left, int cut, Outcome outcome)
    {
        var devices = run.Devices.TakeWhile(device => device.Position <= cut).Select(device => device.Device).ToArray();
        var path = Path.Combine(left, "control.db");
        if (!File.Exists(path))
        {
            if (devices.Length > 0)
                outcome.Faults.Add($"cut at {cut}: the control database is gone");
            outcome.Lost += devices.Length;
            return;
        }

        using var database = new SqliteConnection($"Data Source={path};Pooling=False");
        database.Open();
        if (Texts(database, "PRAGMA integrity_check") is not ["ok"])
            outcome.Faults.Add($"cut at {cut}: the control database is damaged");
        if (devices.Length == 0)
            return;
        var lost = devices.Except(Texts(database, "SELECT Id FROM Devices")).Count();
        if (lost > 0)
            outcome.Faults.Add($"cut at {cut}: {lost} acknowledged devices are lost");
        if (!File.Exists(Path.Combine(left, "keys", "hub.key")))
            outcome.Faults.Add($"cut at {cut}: the key file is lost, and with it every device's key");
        outcome.Lost += lost;
    }

    private static List<string> Texts(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read())
            texts.Add(reader.GetString(0));
        return texts;
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    private sealed class Outcome
    {
        public int States { get; set; }

        public long Acknowledged { get; set; }

        public long Lost { get; set; }

        public int LosingStates { get; set; }

        public List<string> Faults { get; } = [];
    }

    /// <summary>Keeps what is reported as damaged.</summary>
    private sealed class Reports : ILogger<TelemetryDamage>
    {
        public string Last { get; private set; } = string.Empty;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Last = $"{formatter(state, exception)} {exception?.Message}";
    }

    /// <summary>In memory where the system offers it: what is tried here is the contents, not this machine's disk.</summary>
    private sealed class MemoryFolder : IDisposable
    {
        public MemoryFolder()
        {
            var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
            Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, "hub-test-" + Guid.NewGuid().ToString("N"))).FullName;
        }

        public string Path { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
