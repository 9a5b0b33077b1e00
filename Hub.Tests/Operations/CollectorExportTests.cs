using System.Text;
using System.Threading.Channels;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Operations;

/// <summary>The metrics and traces pushed to an OpenTelemetry collector, here one that keeps what it is sent.</summary>
public sealed class CollectorExportTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Otlp_EndpointGiven_TheHubsMetricsArriveThere()
    {
        var received = Channel.CreateUnbounded<(string Path, byte[] Body)>();
        await using var collector = await StartCollectorAsync(received.Writer);
        using var folder = new TestFolder();
        string[] variables = [$"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Urls.Single()}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_METRIC_EXPORT_INTERVAL=100"];
        await using var hub = await HubProcess.StartAsync(Path.Combine(folder.Path, "data"), ["env", .. variables]);

        // The first pushes come while the hub still starts, before all of its rooms count.
        await UntilAsync(received.Reader, "/v1/metrics", "hub.d2c.log.size", "hub.devices.connected");
    }

    [Fact]
    public async Task Otlp_EndpointGiven_RequestsAndCommitsAreTraced()
    {
        var received = Channel.CreateUnbounded<(string Path, byte[] Body)>();
        await using var collector = await StartCollectorAsync(received.Writer);
        using var folder = new TestFolder();
        string[] variables = [$"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Urls.Single()}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_BSP_SCHEDULE_DELAY=100"];
        var data = Path.Combine(folder.Path, "data");
        await using var hub = await HubProcess.StartAsync(data, ["env", .. variables]);
        using var client = (await HubOwner.OfAsync(data)).CreateClient(hub);

        var device = new HttpWriter("d1", await HubOwner.CreateDeviceAsync(client, "d1"), filler: 10);
        Assert.True(await device.SendAsync(hub, 1, None));

        var traces = await UntilAsync(received.Reader, "/v1/traces", "commit telemetry", "messaging.batch.message_count", "http.route");
        // Asked by whoever waited for the start, before all of that.
        Assert.DoesNotContain("/health/", traces, StringComparison.Ordinal);
    }

    /// <summary>What came until all of the names were in it; they lie in the protocol buffers as plain UTF-8. Metrics and traces go each their way.</summary>
    private static async Task<string> UntilAsync(ChannelReader<(string Path, byte[] Body)> received, string expectedPath, params string[] names)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        while (!names.All(name => text.ToString().Contains(name, StringComparison.Ordinal)))
        {
            var (path, body) = await received.ReadAsync(patience.Token);
            if (path == expectedPath)
                text.Append(Encoding.UTF8.GetString(body));
        }

        return text.ToString();
    }

    private static async Task<WebApplication> StartCollectorAsync(ChannelWriter<(string Path, byte[] Body)> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var collector = builder.Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            await received.WriteAsync((context.Request.Path, body.ToArray()), context.RequestAborted);
        });
        await collector.StartAsync(None);
        return collector;
    }
}
