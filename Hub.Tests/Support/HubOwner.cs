using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Hub.Server;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Shared.Security;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>Who may do everything at a hub that runs as a process: makes devices and reads back what they sent.</summary>
internal sealed class HubOwner(ServiceConnectionString access)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The ports of this side of the connections that made devices, by which a trace tells them apart.</summary>
    public List<int> LocalPorts { get; } = [];

    private AuthenticationHeaderValue Token => AuthenticationHeaderValue.Parse(
        SharedAccessSignature.Create("localhost", access.SharedAccessKey, TimeProvider.System.GetUtcNow().AddHours(1), access.PolicyName));

    public static async Task<HubOwner> OfAsync(string dataDirectory) =>
        new(ServiceConnectionString.TryParse(await AskAsync(dataDirectory)) ?? throw new InvalidOperationException("No connection string was printed."));

    /// <summary>Asks the server program for the connection string, as an operator would, beside the running hub.</summary>
    public static async Task<string> AskAsync(string dataDirectory)
    {
        var command = new ProcessStartInfo("dotnet", [typeof(HubApplication).Assembly.Location, "connection-string", "--Hub:DataDirectory=" + dataDirectory]);
        var (_, text, _) = await Programs.RunAsync(command, TimeSpan.FromSeconds(120));
        return text.Trim();
    }

    public HttpClient CreateClient(HubProcess hub)
    {
        var client = HttpWriter.CreateClient(hub, LocalPorts.Add);
        client.DefaultRequestHeaders.Authorization = Token;
        return client;
    }

    /// <summary>Makes a device and returns its key.</summary>
    public static async Task<string> CreateDeviceAsync(HttpClient client, string device)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var body = new { deviceId = device, authentication = new { type = "sas", symmetricKey = new { primaryKey = key, secondaryKey = key } } };
        using var answer = await client.PutAsJsonAsync($"/devices/{device}?api-version=2021-04-12", body, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return key;
    }

    /// <summary>Reads a partition on from a sequence number into the ledger, checks that no number is left out, and returns the next number.</summary>
    public static async Task<long> ReadAsync(HttpClient client, int partition, long next, AckLedger ledger)
    {
        while (true)
        {
            var path = FormattableString.Invariant($"{ApiRoutes.Telemetry}?partition={partition}&after={next - 1}&order=asc&limit=1000");
            var page = await client.GetFromJsonAsync<Page<TelemetryItem>>(path, Json, TestContext.Current.CancellationToken);
            foreach (var item in page!.Items)
            {
                Assert.Equal(next, item.SequenceNumber);
                next++;
                ledger.Observe(item.DeviceId.Value, item.Body.GetString()!);
            }

            if (page.NextCursor is null)
                return next;
            Assert.True(page.Items.Count > 0, $"Partition {partition} gives no message after {next - 1} and yet says that there are more.");
        }
    }
}
