using Hub.Cli.Load;

namespace Hub.Cli.Simulate;

/// <summary>
/// Runs all devices of a fleet side by side; each sends at its share of the rate, out of step with the others. A device that cannot
/// speak goes on trying; only when none has ever reached the door the fleet gives up, since its address is wrong then.
/// </summary>
internal sealed class Fleet(MqttTarget target, ServerTrust trust, LoadDevices registration, int count, double rate, TimeProvider clock)
{
    public async Task<FleetCounts> RunAsync(FleetProgress progress, CancellationToken cancellationToken)
    {
        var counts = new FleetCounts();
        var between = TimeSpan.FromSeconds(count / rate);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var devices = Enumerable.Range(0, count)
            .Select(i => new SimulatedDevice(target, trust, registration, i, clock, counts).RunAsync(between, between * i / count, ending.Token))
            .ToArray();
        var shown = progress.RunAsync(counts, count, clock, ending.Token);
        // The first that ends does so because the fleet is told to, or because it is in vain for all.
        await Task.WhenAny(devices);
        await ending.CancelAsync();
        await shown;
        await Task.WhenAll(devices);
        await progress.EndAsync(counts);
        return counts;
    }
}
