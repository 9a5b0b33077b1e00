using System.Net;
using Hub.Server.Messaging;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class HealthStartupTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Startup_BeforeAndAfterTheDoors_SaysWhetherTheStartHasEnded()
    {
        await using var host = await ApiHost.StartAsync(
            ("Hub:Endpoints:Mqtt", "mqtt://127.0.0.1:1883"), ("Hub:Endpoints:Mqtts", ""), ("Hub:Endpoints:AllowPlainOutsideLoopback", "false"));
        using var client = host.Client();

        using var before = await client.GetAsync("/health/startup", None);
        host.Get<IDoorReport>().ReportOpen("mqtt", "127.0.0.1", 1883);
        // What fails later is no matter of the start.
        host.Get<IngestGate>().Close("disk", "There is no space left.");
        using var after = await client.GetAsync("/health/startup", None);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (before.StatusCode, after.StatusCode));
        Assert.Equal("""{"status":"Unhealthy","checks":{"doors":"Unhealthy"}}""", await before.Content.ReadAsStringAsync(None));
    }
}
