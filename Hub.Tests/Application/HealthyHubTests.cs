using Hub.Server.Operations;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Tests.Support;
using Microsoft.AspNetCore.SignalR.Client;
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
        var device = await _hub.AddDeviceAsync("counted");
        await using var mqtt = await RawMqtt.TcpAsync(_hub.PortOf("mqtt"));
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ConnectAsync(device)));
        await mqtt.SendAsync(MqttPackets.Publish("devices/counted/messages/events/", "x", 1));
        Assert.Equal(1, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        await using var viewer = new HubConnectionBuilder()
            .WithUrl(new Uri(_hub.Http, ApiRoutes.LiveHub), options => options.Headers["Authorization"] = _hub.TokenOfPolicy("service")).Build();
        await viewer.StartAsync(None);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(None);
        var viewing = viewer.StreamAsChannelAsync<object>(nameof(ILiveHub.StreamTelemetry), new TelemetryFilter(), leaving.Token);

        // What was scraped within the last 300 ms is given again, be it from before the last room had its meters.
        await Eventually.TrueAsync(async () =>
        {
            var text = await client.GetStringAsync("/metrics", None);
            return new[]
            {
                "hub_d2c_ingress_success_total", "hub_d2c_ingress_bytes_total", "hub_d2c_commit_messages_bucket",
                "hub_d2c_commit_duration_seconds_bucket", "hub_d2c_partition_last_sequence_number", "hub_d2c_log_size_bytes",
                "hub_d2c_ingress_open{", "hub_d2c_feed_subscribers", "hub_devices_connected", "hub_connections_opened_total", "hub_live_viewers",
            }.All(name => text.Contains(name, StringComparison.Ordinal));
        });
        await leaving.CancelAsync();
        await viewing;
    }

    /// <summary>O5.</summary>
    [Fact]
    public async Task Health_SaysNoMoreThanWhichChecks()
    {
        using var client = _hub.CreateClient();

        Assert.Equal("""{"status":"Healthy","checks":{}}""", await client.GetStringAsync("/health/live", None));
        Assert.Equal("""{"status":"Healthy","checks":{"audit":"Healthy","clock":"Healthy","store":"Healthy","doors":"Healthy"}}""", await client.GetStringAsync("/health/ready", None));
    }

    [Fact]
    public async Task Start_OfAHealthyHub_LogsNoError()
    {
        await Eventually.TrueAsync(() => _hub.Get<OverviewCollector>().Current().Health.Count == 4);

        Assert.All(_hub.Get<OverviewCollector>().Current().Health, check => Assert.Equal(Hub.Shared.Operations.HealthState.Healthy, check.State));
        Assert.DoesNotContain(_hub.Logged, line => line.Level >= LogLevel.Error && !line.Text.Contains(PlantedHub.Secret, StringComparison.Ordinal));
    }
}
