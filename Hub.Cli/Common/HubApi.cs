using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Shared.Operations;

namespace Hub.Cli.Common;

/// <summary>The calls of <c>/api/v1</c> that the commands need. A refusal becomes one sentence.</summary>
internal sealed class HubApi(HttpClient client)
{
    private const int PageSize = 500;

    /// <summary>All devices that match, page by page, at most <paramref name="limit"/>.</summary>
    public async IAsyncEnumerable<DeviceDetails> ListDevicesAsync(
        string? text, int? limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        var left = limit ?? int.MaxValue;
        do
        {
            var path = $"{ApiRoutes.Devices}?limit={Math.Min(left, PageSize)}"
                + (text is null ? "" : $"&q={Uri.EscapeDataString(text)}") + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}");
            using var response = await client.GetAsync(path, cancellationToken);
            await ThrowIfRefusedAsync(response, cancellationToken);
            var page = await ReadAsync<DevicePage>(response, cancellationToken);
            foreach (var device in page.Items.Take(left))
            {
                left--;
                yield return device;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null && left > 0);
    }

    public async Task<DeviceDetails> CreateDeviceAsync(DeviceId id, DeviceChange change, CancellationToken cancellationToken)
    {
        using var response = await client.PutAsJsonAsync(ApiRoutes.Device(id), change, Json.Line, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
            throw new CommandException($"The device {id} exists already.");
        await ThrowIfRefusedAsync(response, cancellationToken);
        return await ReadAsync<DeviceDetails>(response, cancellationToken);
    }

    public async Task<DeviceKeys> GetKeysAsync(DeviceId id, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(ApiRoutes.DeviceKeys(id), cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return await ReadAsync<DeviceKeys>(response, cancellationToken);
    }

    /// <summary>A token with which the device can connect; its key stays in the hub.</summary>
    public async Task<DeviceToken> CreateTokenAsync(DeviceId id, TimeSpan life, CancellationToken cancellationToken)
    {
        using var response = await client.PostAsJsonAsync(ApiRoutes.DeviceToken(id), new DeviceTokenRequest(life), Json.Line, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return await ReadAsync<DeviceToken>(response, cancellationToken);
    }

    /// <summary>Whether a device is registered; null when the policy may not look.</summary>
    public async Task<bool?> HasDeviceAsync(DeviceId id, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(ApiRoutes.Device(id), cancellationToken);
        if (response.StatusCode is HttpStatusCode.NotFound)
            return false;
        if (response.StatusCode is HttpStatusCode.Forbidden)
            return null;
        await ThrowIfRefusedAsync(response, cancellationToken);
        return true;
    }

    /// <summary>What happened last to a device's connection; null when nothing did yet.</summary>
    public async Task<ConnectionHistoryEntry?> FindLastConnectionAsync(DeviceId id, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(ApiRoutes.DeviceConnections(id), cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return (await ReadAsync<Page<ConnectionHistoryEntry>>(response, cancellationToken)).Items is [var last, ..] ? last : null;
    }

    /// <summary>False when there is no such device.</summary>
    public async Task<bool> DeleteDeviceAsync(DeviceId id, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, ApiRoutes.Device(id));
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using var response = await client.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return false;
        await ThrowIfRefusedAsync(response, cancellationToken);
        return true;
    }

    /// <summary>The partitions of the log, with figures that may be a second old.</summary>
    public async Task<IReadOnlyList<PartitionOverview>> ListPartitionsAsync(CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(ApiRoutes.Overview, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return (await ReadAsync<Overview>(response, cancellationToken)).Partitions;
    }

    /// <summary>The newest sequence number that a partition keeps; null when it keeps none.</summary>
    public Task<long?> FindLastSequenceNumberAsync(int partition, CancellationToken cancellationToken) =>
        FindSequenceNumberAsync(string.Create(CultureInfo.InvariantCulture, $"partition={partition}&order=desc"), cancellationToken);

    /// <summary>The first sequence number of a partition that was enqueued at a time or later; null when none was.</summary>
    public Task<long?> FindFirstSequenceNumberAsync(int partition, DateTimeOffset since, CancellationToken cancellationToken) =>
        FindSequenceNumberAsync(string.Create(CultureInfo.InvariantCulture, $"partition={partition}&order=asc&from={since.UtcDateTime:O}"), cancellationToken);

    private async Task<long?> FindSequenceNumberAsync(string query, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync($"{ApiRoutes.Telemetry}?{query}&limit=1", cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
        return (await ReadAsync<Page<TelemetryItem>>(response, cancellationToken)).Items is [var found] ? found.SequenceNumber : null;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync<T>(Json.Line, cancellationToken)
        ?? throw new CommandException("The hub answered with an empty document.");

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        var reason = Reason(await response.Content.ReadAsStringAsync(cancellationToken));
        throw new CommandException(reason ?? $"The hub answered {(int)response.StatusCode} {response.ReasonPhrase}.");
    }

    /// <summary>The sentence of a problem document.</summary>
    private static string? Reason(string body)
    {
        try
        {
            var root = JsonDocument.Parse(body).RootElement;
            foreach (var name in (string[])["detail", "title"])
            {
                if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String)
                    return text.GetString();
            }
        }
        catch (JsonException)
        {
            // Not the hub's own answer, such as a proxy's page: the status says what there is to say.
        }

        return null;
    }
}
