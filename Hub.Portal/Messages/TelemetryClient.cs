using System.Globalization;
using System.Text;
using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Shared.Operations;

namespace Hub.Portal.Messages;

/// <summary>Reads stored telemetry.</summary>
public interface ITelemetryClient
{
    /// <summary>A page of stored messages.</summary>
    Task<ApiResult<Page<TelemetryItem>>> ListAsync(TelemetryQuery query, CancellationToken cancellationToken);

    /// <summary>A body as the device sent it.</summary>
    Task<ApiResult<byte[]>> GetBodyAsync(int partition, long sequenceNumber, CancellationToken cancellationToken);

    /// <summary>The partitions and how far they reach.</summary>
    Task<ApiResult<List<PartitionOverview>>> ListPartitionsAsync(CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class TelemetryClient(ApiClient api) : ITelemetryClient
{
    public Task<ApiResult<Page<TelemetryItem>>> ListAsync(TelemetryQuery query, CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.Telemetry + QueryString(query), PortalJson.Default.PageTelemetryItem, cancellationToken);

    public Task<ApiResult<byte[]>> GetBodyAsync(int partition, long sequenceNumber, CancellationToken cancellationToken) =>
        api.GetBytesAsync(ApiRoutes.TelemetryBody(partition, sequenceNumber), cancellationToken);

    public async Task<ApiResult<List<PartitionOverview>>> ListPartitionsAsync(CancellationToken cancellationToken)
    {
        var result = await api.GetAsync(ApiRoutes.Overview, PortalJson.Default.Overview, cancellationToken);
        return result.TryGet(out var overview, out var problem) ? overview.Partitions.ToList() : problem;
    }

    /// <summary>The question as the API takes it.</summary>
    internal static string QueryString(TelemetryQuery query)
    {
        var text = new StringBuilder();
        Add("deviceId", query.DeviceId?.Value);
        Add("partition", query.Partition?.ToString(CultureInfo.InvariantCulture));
        Add("after", query.After?.ToString(CultureInfo.InvariantCulture));
        Add("from", query.From?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        Add("to", query.To?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        Add("order", query.Order == TelemetryOrder.Descending ? "desc" : "asc");
        Add("q", query.Q);
        Add("limit", query.Limit.ToString(CultureInfo.InvariantCulture));
        Add("cursor", query.Cursor);
        return text.ToString();

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
