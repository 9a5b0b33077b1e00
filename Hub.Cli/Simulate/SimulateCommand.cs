using System.CommandLine;
using Hub.Cli.Load;

namespace Hub.Cli.Simulate;

/// <summary><c>hub simulate</c>: a fleet of devices that behave like real ones.</summary>
internal sealed class SimulateCommand
{
    private const string Help = """
        Registers a fleet of devices, connects them over MQTT and sends plausible telemetry, until Ctrl+C or --duration.

        Examples:
          hub simulate --devices 100 --rate 10
          hub simulate --devices 20 --rate 5 --duration 1m --cleanup
          hub simulate --url mqtts://localhost:8883 --ca data/tls/ca.pem
        """;

    private readonly HubAccessOptions _access = new();
    private readonly Option<int> _devices = new("--devices") { Description = "Devices in the fleet, 1 to 10000.", DefaultValueFactory = _ => 100 };
    private readonly Option<double> _rate = new("--rate") { Description = "Messages a second of the whole fleet, evenly spread over its devices.", DefaultValueFactory = _ => 10 };
    private readonly Option<TimeSpan> _duration = Durations.Option("--duration", "How long; without it until Ctrl+C.", TimeSpan.Zero);
    private readonly Option<string?> _url = new("--url") { Description = "MQTT door: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]. Default: mqtt://127.0.0.1:1883 when the host name is this machine, else mqtts://HOST:8883." };
    private readonly Option<string> _prefix = new("--prefix") { Description = "How the device ids begin.", DefaultValueFactory = _ => "simulated-" };
    private readonly Option<bool> _cleanUp = new("--cleanup") { Description = "Delete the devices afterwards." };

    public static Command Create(TimeProvider clock)
    {
        var simulate = new SimulateCommand();
        var command = new Command("simulate", Help);
        simulate._access.AddTo(command);
        foreach (var option in (Option[])[simulate._devices, simulate._rate, simulate._duration, simulate._url, simulate._prefix, simulate._cleanUp])
            command.Options.Add(option);
        command.SetAction((result, token) => simulate.RunAsync(result, clock, token));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, TimeProvider clock, CancellationToken cancellationToken)
    {
        var count = result.GetValue(_devices);
        if (count is < 1 or > 10_000)
            throw new UsageException("--devices has to be between 1 and 10000.");
        var rate = result.GetValue(_rate);
        if (!(rate > 0 && rate <= 100_000))
            throw new UsageException("--rate has to be above 0 and at most 100000.");
        var access = _access.Read(result);
        var target = MqttTarget.TryParse(result.GetValue(_url) ?? DefaultUrl(access.ConnectionString.HostName))
            ?? throw new UsageException("--url has to read mqtt://HOST[:PORT] or mqtts://HOST[:PORT].");
        var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
        var registration = new LoadDevices(access, clock, result.GetValue(_prefix)!, simulated: true);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await registration.RegisterAsync(count, cancellationToken);
            if (result.GetValue(_duration) > TimeSpan.Zero)
                ending.CancelAfter(result.GetValue(_duration));
            var counts = await new Fleet(target, access.Trust, registration, count, rate, clock).RunAsync(FleetProgress.For(output, error), ending.Token);
            return counts.Acknowledged > 0 || counts.Failed == 0 ? 0 : CommandRunner.Failed;
        }
        finally
        {
            if (result.GetValue(_cleanUp))
            {
                await registration.DeleteAsync(count, CancellationToken.None);
                await output.WriteLineAsync(count == 1 ? "The device is deleted." : $"The {count} devices are deleted.");
            }
        }
    }

    private static string DefaultUrl(string host) => Loopback.IsName(host) ? "mqtt://127.0.0.1:1883" : $"mqtts://{host}:8883";
}
