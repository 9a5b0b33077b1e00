using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Hub.Cli.Load;

/// <summary><c>hub load</c>: its options, read into a <see cref="LoadPlan"/>.</summary>
internal sealed class LoadCommand
{
    private const string Help = """
        Measures how fast an MQTT server acknowledges, and at what cost.

        Examples:
          hub load --connection-string "$CS" --connections 1000              as fast as possible, 1 in flight each
          hub load --connection-string "$CS" --connections 100 --in-flight 32
          hub load --connection-string "$CS" --rate 20000                    latency at a fixed rate
          hub load --broker --url mqtt://127.0.0.1:1884 --topic 'load/{id}'  any other MQTT broker
          hub load --broker --url mqtt://127.0.0.1:1884 --idle --connections 10000 --duration 30s
        """;

    private readonly Option<string> _url = new("--url") { Description = "Server: mqtt://HOST[:PORT] or mqtts://HOST[:PORT].", DefaultValueFactory = _ => "mqtt://127.0.0.1:1883" };
    private readonly Option<int> _connections = Number("--connections", "Connections, each a device of its own.", 1000, 1, 100_000);
    private readonly Option<int> _inFlight = Number("--in-flight", "Messages of a connection that may wait for their PUBACK.", 1, 1, 65_535);
    private readonly Option<int> _size = Number("--size", "Bytes of a message's body.", 128, 0, 262_143);
    private readonly Option<int> _qos = Number("--qos", "0 or 1. With 0 nothing is acknowledged: what is counted is sent.", 1, 0, 1);
    private readonly Option<TimeSpan> _duration = Durations.Option("--duration", "Measured time, such as 10s, 5m or 500ms.", TimeSpan.FromSeconds(10));
    private readonly Option<TimeSpan> _warmUp = Durations.Option("--warm-up", "Time under load before the measured time.", TimeSpan.FromSeconds(2));
    private readonly Option<double?> _rate = new("--rate") { Description = "Messages a second over all connections, evenly paced in steps of 1 ms; latency then counts from when a message was due. Without it: as fast as the acknowledgements allow." };
    private readonly Option<string> _topic = new("--topic") { Description = "Topic; {id} stands for the device or client id.", DefaultValueFactory = _ => "devices/{id}/messages/events/" };
    private readonly Option<bool> _broker = new("--broker") { Description = "The server is another MQTT broker: nothing is registered." };
    private readonly Option<string> _prefix = new("--prefix") { Description = "How the device or client ids begin.", DefaultValueFactory = _ => "load-" };
    private readonly Option<string?> _userName = new("--username") { Description = "User name at another broker." };
    private readonly Option<string?> _password = new("--password") { Description = "Password at another broker." };
    private readonly Option<bool> _idle = new("--idle") { Description = "Connect, hold, send nothing: what do connections cost?" };
    private readonly Option<bool> _cleanUp = new("--cleanup") { Description = "Delete the load devices afterwards." };
    private readonly Option<int?> _pid = new("--pid") { Description = "The server's process, for its CPU time and memory. Found by itself when it listens on this machine and may be seen." };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "With mqtts: take any certificate. Better: --ca." };
    private readonly Option<bool> _allowRemote = new("--allow-remote") { Description = "Without these words only this machine is put under load." };
    private readonly Option<OutputFormat> _output = new("--output", "-o") { Description = "table or json.", DefaultValueFactory = _ => OutputFormat.Table };
    private readonly HubAccessOptions _access = new();
    private readonly TimeProvider _clock;

    private LoadCommand(TimeProvider clock) => _clock = clock;

    public static Command Create(TimeProvider clock)
    {
        var load = new LoadCommand(clock);
        var command = new Command("load", Help);
        load._access.AddTo(command);
        foreach (var option in load.Options)
            command.Options.Add(option);
        load._output.AcceptOnlyFromAmong("table", "json");
        command.SetAction(load.RunAsync);
        return command;
    }

    private Option[] Options =>
    [
        _url, _connections, _inFlight, _size, _qos, _duration, _warmUp, _rate, _topic, _broker, _prefix, _userName, _password,
        _idle, _cleanUp, _pid, _insecure, _allowRemote, _output,
    ];

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var plan = ReadPlan(result);
        var prefix = result.GetValue(_prefix)!;
        var error = result.InvocationConfiguration.Error;
        void Progress(string line) => error.WriteLine(line);

        LoadReport report;
        if (result.GetValue(_broker))
        {
            var identities = Enumerable.Range(0, plan.Connections)
                .Select(i => new MqttIdentity(LoadDevices.IdOf(prefix, i), result.GetValue(_userName), result.GetValue(_password)));
            report = await new LoadRun(plan, [.. identities], _clock, Progress).RunAsync(cancellationToken);
        }
        else
        {
            var devices = new LoadDevices(_access.Read(result), _clock, prefix);
            try
            {
                var identities = await devices.RegisterAsync(plan.Connections, cancellationToken);
                report = await new LoadRun(plan, identities, _clock, Progress).RunAsync(cancellationToken);
                if (report.LostClient is { } lost)
                    report = report with { LostReason = await devices.FindLossReasonAsync(lost, CancellationToken.None) };
            }
            finally
            {
                // Also after Ctrl+C: the devices are ours, and nobody else would take them away.
                if (result.GetValue(_cleanUp))
                    await devices.DeleteAsync(plan.Connections, CancellationToken.None);
            }
        }

        LoadReportWriter.Write(report, result.GetValue(_output), result.InvocationConfiguration.Output);
        return report.ConnectionsLost > 0 || report.OrderViolations > 0 || report.Unacknowledged > 0 ? CommandRunner.Failed : 0;
    }

    private LoadPlan ReadPlan(ParseResult result)
    {
        var target = MqttTarget.TryParse(result.GetValue(_url))
            ?? throw new UsageException("--url has to read mqtt://HOST[:PORT] or mqtts://HOST[:PORT].");
        var local = Loopback.IsName(target.Host);
        if (!local && !result.GetValue(_allowRemote))
            throw new UsageException($"{target.Host} is not this machine: say --allow-remote if you may put it under load.");
        var rate = result.GetValue(_rate);
        if (rate is <= 0 or > 10_000_000 || rate is { } r && !double.IsFinite(r))
            throw new UsageException("--rate has to be a number above 0, at most 10,000,000.");
        if (!result.GetValue(_broker) && (result.GetValue(_userName) ?? result.GetValue(_password)) is not null)
            throw new UsageException("--username and --password are for --broker; this hub's devices sign with their keys.");
        var qos = result.GetValue(_qos);
        return new LoadPlan
        {
            Target = target,
            Connections = result.GetValue(_connections),
            InFlight = result.GetValue(_inFlight),
            Qos = qos,
            Payload = Body(result.GetValue(_size)),
            Topic = result.GetValue(_topic)!,
            Rate = rate,
            WarmUp = result.GetValue(_warmUp),
            Duration = result.GetValue(_duration),
            Idle = result.GetValue(_idle),
            Insecure = result.GetValue(_insecure),
            Trust = _access.ReadTrust(result),
            ServerProcess = result.GetValue(_pid) ?? (local ? ProcessSample.FindListener(target.Port) : null),
        };
    }

    /// <summary>Text, so that whoever looks at the messages in the portal sees what they are.</summary>
    private static byte[] Body(int size) =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcdef", (size / 16) + 1)))[..size];

    private static Option<int> Number(string name, string description, int standard, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(r =>
        {
            if (r.Errors.Any() || (r.GetValueOrDefault<int>() is var value && value >= least && value <= most))
                return;
            r.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} has to be between {least} and {most}."));
        });
        return option;
    }
}
