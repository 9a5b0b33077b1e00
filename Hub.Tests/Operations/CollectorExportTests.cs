using System.Text;
using System.Threading.Channels;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Operations;

/// <summary>The metrics pushed to an OpenTelemetry collector, here one that keeps what it is sent.</summary>
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

        // The first pushes come while the hub still starts, before all of its rooms count. Names lie in the protocol buffers as plain UTF-8.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        string text;
        do
        {
            var (path, body) = await received.Reader.ReadAsync(patience.Token);
            Assert.Equal("/v1/metrics", path);
            text = Encoding.UTF8.GetString(body);
        }
        while (!text.Contains("hub.d2c.log.size", StringComparison.Ordinal) || !text.Contains("hub.devices.connected", StringComparison.Ordinal));
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
