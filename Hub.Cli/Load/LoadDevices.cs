using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Shared.Devices;
using Hub.Shared.Security;

namespace Hub.Cli.Load;

/// <summary>
/// The devices that a load against this hub uses. Their keys follow from the policy's key and their ids, so that a later run with
/// the same connection string finds them registered and fit.
/// </summary>
internal sealed class LoadDevices(HubAccess access, TimeProvider clock, string prefix, bool simulated = false)
{
    private const int BulkSize = 100;
    private const string Bulk = "/devices?api-version=2021-04-12";
    private static readonly TimeSpan HistoryPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(24);

    public static string IdOf(string prefix, int index) => $"{prefix}{index:D5}";

    /// <summary>Registers as many devices, and gives what they say at CONNECT.</summary>
    public async Task<IReadOnlyList<MqttIdentity>> RegisterAsync(int count, CancellationToken cancellationToken)
    {
        using var client = access.CreateClient(clock);
        foreach (var ids in Ids(count).Chunk(BulkSize))
        {
            var existing = await SendAsync(client, ids, "create", cancellationToken);
            // Left over from an earlier run, perhaps under another key of the policy.
            if (existing.Count > 0)
                await SendAsync(client, existing, "update", cancellationToken);
        }

        return [.. Ids(count).Select(Identity)];
    }

    /// <summary>
    /// Why the hub ended a device's last connection, which MQTT 3.1.1 cannot tell a client; null when the hub did not note it, or not to
    /// this policy.
    /// </summary>
    public async Task<string?> FindLossReasonAsync(string id, CancellationToken cancellationToken)
    {
        using var client = access.CreateClient(clock);
        var api = new HubApi(client);
        var began = clock.GetTimestamp();
        try
        {
            // The history is written soon after.
            do
            {
                if (await api.FindLastConnectionAsync(DeviceId.Parse(id), cancellationToken) is { Event: ConnectionEvent.Disconnected } last)
                    return last.Reason;
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellationToken);
            }
            while (clock.GetElapsedTime(began) < HistoryPatience);
        }
        catch (CommandException)
        {
            // The hub may be gone, which is why the connection broke: the report says what the load itself saw.
        }

        return null;
    }

    /// <summary>Deletes them.</summary>
    public async Task DeleteAsync(int count, CancellationToken cancellationToken)
    {
        using var client = access.CreateClient(clock);
        foreach (var ids in Ids(count).Chunk(BulkSize))
            await SendAsync(client, ids, "delete", cancellationToken);
    }

    public string IdOf(int index) => IdOf(prefix, index);

    /// <summary>What a device says at CONNECT, with a fresh token.</summary>
    public MqttIdentity IdentityOf(int index) => Identity(IdOf(index));

    private IEnumerable<string> Ids(int count) => Enumerable.Range(0, count).Select(i => IdOf(prefix, i));

    private MqttIdentity Identity(string id)
    {
        var host = access.ConnectionString.HostName;
        var token = SharedAccessSignature.Create($"{host}/devices/{Uri.EscapeDataString(id)}", KeyOf(id), clock.GetUtcNow() + TokenLifetime);
        return new MqttIdentity(id, $"{host}/{id}/?api-version=2021-04-12", token);
    }

    private string KeyOf(string id) => Convert.ToBase64String(
        HMACSHA256.HashData(Convert.FromBase64String(access.ConnectionString.SharedAccessKey), Encoding.UTF8.GetBytes("load device " + id)));

    /// <summary>One bulk request; gives the ids that exist already, and fails on any other fault.</summary>
    private async Task<IReadOnlyList<string>> SendAsync(HttpClient client, IReadOnlyList<string> ids, string mode, CancellationToken cancellationToken)
    {
        var body = ids.Select(id => new
        {
            id,
            importMode = mode,
            status = "enabled",
            tags = new Dictionary<string, string> { [simulated ? "simulated" : "load"] = "true" },
            authentication = new { type = "sas", symmetricKey = new { primaryKey = KeyOf(id), secondaryKey = KeyOf(id + " second") } },
        });
        using var response = await client.PostAsJsonAsync(Bulk, body, cancellationToken);
        if (response.IsSuccessStatusCode)
            return [];

        var existing = new List<string>();
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        foreach (var (id, code) in Faults(text))
        {
            if (mode == "create" && code.Contains("409001", StringComparison.Ordinal))
                existing.Add(id);
            // Gone already is what a deletion wants.
            else if (mode != "delete" || !code.Contains("404001", StringComparison.Ordinal))
                throw new CommandException($"The hub refused to {mode} the device {id} ({code}).");
        }

        return existing.Count > 0 || mode == "delete"
            ? existing
            : throw new CommandException($"The hub at {access.Api} answered {(int)response.StatusCode} to the registration of devices.");
    }

    private static IEnumerable<(string Id, string Code)> Faults(string body)
    {
        JsonElement root;
        try
        {
            root = JsonDocument.Parse(body).RootElement;
        }
        catch (JsonException)
        {
            return [];
        }

        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray().Select(e => (e.GetProperty("deviceId").ToString(), CodeOf(e.GetProperty("errorCode").ToString())))
            : [];
    }

    /// <summary>The code comes as its number or its name.</summary>
    private static string CodeOf(string text) =>
        Enum.TryParse<Hub.Shared.Api.ErrorCode>(text, out var code) ? ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture) : text;
}
