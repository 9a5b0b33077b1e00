using Hub.Cli.Load;

namespace Hub.Cli.Simulate;

/// <summary>Runs all devices of a fleet side by side; each sends at its share of the rate, out of step with the others.</summary>
internal sealed class Fleet(MqttTarget target, LoadDevices registration, int count, double rate, TimeProvider clock)
{
    public async Task RunAsync(FleetProgress progress, CancellationToken cancellationToken)
    {
        var counts = new FleetCounts();
        var between = TimeSpan.FromSeconds(count / rate);
        var devices = Enumerable.Range(0, count)
            .Select(i => new SimulatedDevice(target, registration, i, clock, counts).RunAsync(between, between * i / count, cancellationToken));
        await Task.WhenAll([progress.RunAsync(counts, count, clock, cancellationToken), .. devices]);
    }
}
