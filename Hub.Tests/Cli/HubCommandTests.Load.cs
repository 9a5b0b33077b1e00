using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Cli;

/// <summary><c>hub load</c>: its figures are those of the server.</summary>
public sealed partial class HubCommandTests
{
    private const string Mosquitto = "/usr/sbin/mosquitto";

    [Fact]
    public async Task Load_OfTheHub_ReportsWhatTheHubStored()
    {
        var (code, output, error) = await CommandLine.RunAsync(
            ["load", "--connections", "3", "--in-flight", "4", "--size", "50", "--warm-up", "100ms", "--duration", "500ms", "--output", "json", .. Mqtt, .. Access]);

        Assert.True(code == 0, error);
        var report = JsonDocument.Parse(output).RootElement;
        long Number(string name) => report.GetProperty(name).GetInt64();
        double Figure(string name) => report.GetProperty(name).GetDouble();
        var stored = 0L;
        for (var i = 0; i < 3; i++)
            stored += (await Hub.StoredAsync($"load-{i:00000}")).Count;
        Assert.Equal(stored, Number("sent"));
        Assert.InRange(Number("acknowledged"), 1, stored);
        Assert.Equal((0, 0, 0), (Number("unacknowledged"), Number("orderViolations"), Number("connectionsLost")));
        // Half a second, as exactly as a timer tells it.
        Assert.InRange(Figure("measuredSeconds"), 0.45, 30);
        Assert.Equal(Number("acknowledged") / Figure("measuredSeconds"), Figure("acknowledgedPerSecond"), tolerance: 0.01);
        double[] latencies = [Figure("p50"), Figure("p99"), Figure("p999"), Figure("max")];
        Assert.Equal(latencies.Order(), latencies);
        Assert.True(latencies[0] > 0);
        Assert.True(report.GetProperty("client").GetProperty("cpuSeconds").GetDouble() > 0);
    }

    [Fact]
    public async Task Load_Idle_HoldsItsConnectionsSendsNothingAndCleansUp()
    {
        await using var idle = CommandLine.Start(
            ["load", "--idle", "--connections", "20", "--duration", "2s", "--warm-up", "0s", "--cleanup", "--output", "json", .. Mqtt, .. Access]);
        await Eventually.TrueAsync(() => Hub.Get<SessionTable>().Count == 20);

        Assert.Equal(0, await idle.EndAsync());

        var report = JsonDocument.Parse(idle.Output).RootElement;
        Assert.Equal((20, 0, 0), (Of("connections"), Of("connectionsLost"), Of("sent")));
        Assert.Null(await Hub.Get<DeviceRegistry>().FindAsync(DeviceId.Parse("load-00000"), TestContext.Current.CancellationToken));

        int Of(string name) => report.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Load_OfAnotherBroker_IsTheSameLoadAndATableForPeople()
    {
        Assert.SkipUnless(File.Exists(Mosquitto), "mosquitto is needed.");
        var port = FreePort();
        using var folder = new TestFolder();
        var settings = Path.Combine(folder.Path, "mosquitto.conf");
        await File.WriteAllTextAsync(settings, $"listener {port} 127.0.0.1\nallow_anonymous true\n", TestContext.Current.CancellationToken);
        using var broker = Process.Start(new ProcessStartInfo(Mosquitto, ["-c", settings]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            await Eventually.TrueAsync(() => Listens(port));

            var (code, output, error) = await CommandLine.RunAsync(
                "load", "--broker", "--url", $"mqtt://127.0.0.1:{port}", "--topic", "load/{id}", "--connections", "2", "--warm-up", "0s", "--duration", "300ms");

            Assert.True(code == 0, error);
            Assert.Matches(@"Connections +2 in [0-9.]+ s, 0 lost", output);
            Assert.Matches("Load +128 bytes, QoS 1, 1 in flight, as fast as possible", output);
            Assert.Matches(@"Acknowledged +[1-9][0-9,]* in 0\.[3-9] s: [1-9][0-9,]* a second", output);
            Assert.Matches(@"Latency +p50 0?\d*\.\d{3} ms, p99", output);
            Assert.Matches("Server process +CPU [0-9.]+ s", output);
        }
        finally
        {
            broker.Kill();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Listens(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
