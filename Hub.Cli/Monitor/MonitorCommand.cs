using System.CommandLine;
using System.Globalization;
using Hub.Shared.Devices;
using Hub.Shared.Live;

namespace Hub.Cli.Monitor;

/// <summary><c>hub monitor</c>: telemetry as it comes in.</summary>
internal sealed class MonitorCommand
{
    private const string Help = """
        Shows telemetry as it comes in, filtered by the hub, until Ctrl+C.

        Examples:
          hub monitor
          hub monitor --device pump-7 --contains alarm --output json
          hub monitor --property alert=true --limit 10
          hub monitor --device pump-7 --since 10m
          hub monitor --partition 0 --from-sequence 0:41
          hub monitor --api https://localhost:8443 --ca data/tls/ca.pem

        Notes, such as a lost connection, go to the standard error, and so leave the output to the messages. After a lost connection
        it goes on behind the last message of each partition: what came meanwhile is shown then.
        """;

    private readonly HubAccessOptions _access = new();
    private readonly Option<string[]> _devices = new("--device") { Description = "Only this device; may be given more than once." };
    private readonly Option<string?> _text = new("--contains") { Description = "Only messages whose body or properties contain this text." };
    private readonly Option<string[]> _properties = new("--property") { Description = "Only messages with this application property, name=value; may be given more than once." };
    private readonly Option<int?> _partition = new("--partition") { Description = "Only this partition." };
    private readonly Option<string[]> _from = new("--from-sequence") { Description = "Begin with a stored message, PARTITION:SEQUENCE, 0 for the very first; may be given more than once. Other partitions begin now, or where --since says." };
    private readonly Option<string?> _since = new("--since") { Description = "Begin with what is stored since then: 10m, 2h or 3d ago, or a time such as 2026-05-04T07:30Z (UTC unless it names a zone)." };
    private readonly Option<int?> _rate = new("--max-per-second") { Description = "Rows a second at most, 1 to 10000; above that the hub samples evenly." };
    private readonly Option<long?> _limit = new("--limit") { Description = "End after so many messages." };
    private readonly Option<OutputFormat> _output = new("--output", "-o") { Description = "table, or json: one JSON document a line.", DefaultValueFactory = _ => OutputFormat.Table };

    public static Command Create(TimeProvider clock)
    {
        var monitor = new MonitorCommand();
        monitor._output.AcceptOnlyFromAmong("table", "json");
        var command = new Command("monitor", Help);
        monitor._access.AddTo(command);
        foreach (var option in (Option[])[monitor._devices, monitor._text, monitor._properties, monitor._partition, monitor._from, monitor._since, monitor._rate, monitor._limit, monitor._output])
            command.Options.Add(option);
        command.SetAction((result, token) => monitor.RunAsync(result, clock, token));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, TimeProvider clock, CancellationToken cancellationToken)
    {
        var filter = ReadFilter(result);
        var start = ReadStart(result, clock.GetUtcNow());
        var limit = result.GetValue(_limit) ?? long.MaxValue;
        if (limit < 1)
            throw new UsageException("--limit has to be at least 1.");
        var writer = new TelemetryWriter(result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, result.GetValue(_output) == OutputFormat.Json);
        using var stream = new TelemetryStream(_access.Read(result), clock, writer.Note, (api, token) => BeginAsync(api, filter, start, writer, token));
        try
        {
            await foreach (var batch in stream.ReadAsync(filter, start, cancellationToken))
            {
                if (!writer.Write(batch, ref limit))
                    break;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C is how a tail ends.
        }

        writer.Sum();
        return 0;
    }

    /// <summary>Says what is followed, so that silence is seen to be the devices', and which of them cannot speak.</summary>
    private static async Task BeginAsync(
        HubApi api, TelemetryFilter filter, TelemetryStart start, TelemetryWriter writer, CancellationToken cancellationToken)
    {
        var whose = filter.DeviceIds is null ? "all devices" : string.Join(", ", filter.DeviceIds);
        var part = filter.Partition is { } partition ? string.Create(CultureInfo.InvariantCulture, $" in partition {partition}") : "";
        var filtered = filter.Q is null && filter.Properties is null ? "" : ", filtered";
        writer.Note($"telemetry of {whose}{part}{filtered}, {start.InWords()}; Ctrl+C ends it");
        foreach (var id in filter.DeviceIds ?? [])
        {
            if (await api.HasDeviceAsync(id, cancellationToken) is false)
                writer.Note($"no device {id} is registered: nothing comes from it until it is (ids are case-sensitive)");
        }
    }

    private TelemetryFilter ReadFilter(ParseResult result)
    {
        var ids = new List<DeviceId>();
        foreach (var text in result.GetValue(_devices) ?? [])
            ids.Add(DeviceId.TryParse(text, out var id) ? id : throw new UsageException(DeviceId.Rule));
        var properties = (result.GetValue(_properties) ?? []).Select(p => Pairs.Read("--property", p)).GroupBy(p => p.Name).ToDictionary(g => g.Key, g => g.Last().Value);
        if (result.GetValue(_rate) is < 1 or > 10_000)
            throw new UsageException("--max-per-second has to be between 1 and 10000.");
        return new TelemetryFilter
        {
            DeviceIds = ids.Count > 0 ? ids : null,
            Q = result.GetValue(_text),
            Properties = properties.Count > 0 ? properties : null,
            Partition = result.GetValue(_partition),
            MaxPerSecond = result.GetValue(_rate),
        };
    }

    private TelemetryStart ReadStart(ParseResult result, DateTimeOffset now)
    {
        var from = new Dictionary<int, long>();
        foreach (var text in result.GetValue(_from) ?? [])
        {
            var (partition, sequence) = Pairs.Read("--from-sequence", text, ':');
            if (!int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
                || !long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var n))
                throw new UsageException($"--from-sequence has to read PARTITION:SEQUENCE, not '{text}'.");
            from[p] = n;
        }

        var since = result.GetValue(_since);
        var moment = since is null ? default(DateTimeOffset?) : Durations.TryParseMoment(since, now)
            ?? throw new UsageException($"--since is how long ago, such as 10m, 2h or 3d, or a time such as 2026-05-04T07:30Z, not '{since}'.");
        return moment > now ? throw new UsageException("--since lies in the future.") : new TelemetryStart(from, moment);
    }
}
