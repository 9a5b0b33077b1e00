using System.Globalization;
using Hub.Portal.Api;
using Hub.Portal.Messages;
using Hub.Shared.Messages;

namespace Hub.Portal.Live;

/// <summary>
/// Finds where a view that begins in the past has to begin: in each partition with the first message since then. From
/// there the hub streams what is stored and then what comes, with one filter and no hole between the two.
/// </summary>
public sealed class LiveStart(ITelemetryClient telemetry, TimeProvider clock)
{
    public async Task<ApiResult<Dictionary<string, string>>> FindAsync(int minutes, int? onlyPartition, CancellationToken cancellationToken)
    {
        var since = clock.GetUtcNow() - TimeSpan.FromMinutes(minutes);
        if (!(await telemetry.ListPartitionsAsync(cancellationToken)).TryGet(out var partitions, out var problem))
            return problem;

        var from = new Dictionary<string, string>();
        foreach (var partition in partitions.Where(p => onlyPartition is null || p.Partition == onlyPartition))
        {
            var query = new TelemetryQuery { Partition = partition.Partition, From = since, Order = TelemetryOrder.Ascending, Limit = 1 };
            if (!(await telemetry.ListAsync(query, cancellationToken)).TryGet(out var page, out problem))
                return problem;
            var first = page.Items.Count > 0 ? page.Items[0].SequenceNumber : partition.LastSequenceNumber + 1;
            from[partition.Partition.ToString(CultureInfo.InvariantCulture)] = first.ToString(CultureInfo.InvariantCulture);
        }

        return from;
    }
}
