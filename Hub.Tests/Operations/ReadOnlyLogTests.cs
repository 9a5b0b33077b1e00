using System.Net;
using System.Net.Http.Json;
using Hub.Server.Messaging;
using Hub.Shared.Operations;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Operations;

/// <summary>A hub whose log is read-only says so, and why, before the first message finds out.</summary>
public sealed class ReadOnlyLogTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_NewestFileCannotBeRead_GateAndOverviewSayWhyAndThePublicAnswerDoesNot()
    {
        await using var hub = await HubFixture.StartAsync();
        await hub.StopAsync();
        var newest = Path.Combine(hub.DataDirectory, "telemetry", "0000000002.segment");
        await File.WriteAllBytesAsync(newest, [.. Enumerable.Repeat((byte)'x', 20_000)], None);

        await hub.RestartAsync();

        var reason = hub.Get<IngestGate>().Closure?.Reason;
        Assert.StartsWith("The telemetry log is read-only: its newest file cannot be read", reason, StringComparison.Ordinal);
        using var client = hub.Client();
        HealthCheckOverview? store = null;
        await Eventually.TrueAsync(async () =>
        {
            var overview = await client.GetFromJsonAsync<Overview>("/api/v1/overview", None);
            store = overview!.Health.SingleOrDefault(check => check.Name == "store");
            return store is not null;
        });
        Assert.Equal((HealthState.Unhealthy, reason), (store!.State, store.Description));
        using var ready = await client.GetAsync("/health/ready", None);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("""{"status":"Unhealthy","checks":{"audit":"Healthy","clock":"Healthy","store":"Unhealthy","doors":"Healthy"}}""", await ready.Content.ReadAsStringAsync(None));
    }
}
