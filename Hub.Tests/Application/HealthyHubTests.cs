using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What the composed hub tells of itself while all is well.</summary>
[Collection(nameof(PlantedHub))]
public sealed class HealthyHubTests(PlantedHub planted)
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly RunningHub _hub = planted.Hub;

    [Fact]
    public async Task Metrics_OfTheComposedHub_NameEveryRoom()
    {
        using var client = _hub.CreateClient();

        // What was scraped within the last 300 ms is given again, be it from before the last room had its meters.
        await Eventually.TrueAsync(async () =>
        {
            var text = await client.GetStringAsync("/metrics", None);
            return new[] { "hub_d2c_ingress", "hub_d2c_partition_last_sequence_number", "hub_devices_connected" }
                .All(name => text.Contains(name, StringComparison.Ordinal));
        });
    }

    /// <summary>O5.</summary>
    [Fact]
    public async Task Health_SaysNoMoreThanWhichChecks()
    {
        using var client = _hub.CreateClient();

        Assert.Equal("""{"status":"Healthy","checks":{}}""", await client.GetStringAsync("/health/live", None));
        Assert.Equal("""{"status":"Healthy","checks":{"audit":"Healthy","store":"Healthy","doors":"Healthy"}}""", await client.GetStringAsync("/health/ready", None));
    }

    [Fact]
    public async Task Start_OfAHealthyHub_LogsNoError()
    {
        await Eventually.TrueAsync(() => _hub.Get<OverviewCollector>().Current().Health.Count == 3);

        Assert.All(_hub.Get<OverviewCollector>().Current().Health, check => Assert.Equal(Hub.Shared.Operations.HealthState.Healthy, check.State));
        Assert.DoesNotContain(_hub.Logged, line => line.Level >= LogLevel.Error && !line.Text.Contains(PlantedHub.Secret, StringComparison.Ordinal));
    }
}
