using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Blocks;
using Hub.Shared.Messages;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// Answers one page: scans the partitions concerned and merges them by enqueued time. The work is bounded: a page may be short, even
/// empty, and carry a cursor, when what is sought is rare.
/// </summary>
internal static class LogQuery
{
    /// <summary>The most bytes of blocks that one page reads.</summary>
    internal const long MaxScannedBytes = 64 * 1024 * 1024;

    /// <summary>The longest that one page searches.</summary>
    internal static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(2);

    public static LogPage Run(SegmentCatalog catalog, TelemetryDamage damage, TimeProvider time, TelemetryQuery query, CancellationToken cancellationToken)
    {
        var partitions = PartitionsOf(query, catalog.Next.Length);
        if (query.Cursor is { } cursor)
            return Run(catalog, damage, time, query, partitions, QueryCursor.Read(query, cursor, partitions.Length), cancellationToken);

        var start = new long[partitions.Length];
        Array.Fill(start, query.Order == TelemetryOrder.Descending ? long.MaxValue : 0);
        return Run(catalog, damage, time, query, partitions, start, cancellationToken);
    }

    private static LogPage Run(
        SegmentCatalog catalog, TelemetryDamage damage, TimeProvider time, TelemetryQuery query, int[] partitions, long[] positions, CancellationToken cancellationToken)
    {
        var filter = new BlockFilter
        {
            DeviceId = query.DeviceId?.Value,
            FromTicks = query.From?.UtcTicks ?? long.MinValue,
            ToTicks = query.To?.UtcTicks ?? long.MaxValue,
            Text = string.IsNullOrEmpty(query.Q) ? null : new TextSearch(query.Q),
        };
        var descending = query.Order == TelemetryOrder.Descending;
        var first = query.After is { } after ? (after == long.MaxValue ? after : after + 1) : 0;
        var scans = new PartitionScan[partitions.Length];
        for (var i = 0; i < scans.Length; i++)
            scans[i] = new PartitionScan(catalog, damage, filter, partitions[i], positions[i], first, descending);
        try
        {
            var budget = new ScanBudget(time, MaxScannedBytes, MaxDuration);
            var items = Merge(scans, descending, Math.Max(query.Limit, 1), budget, cancellationToken);
            return new LogPage(items, Array.TrueForAll(scans, static scan => scan.IsDone) ? null : QueryCursor.Write(query, PositionsOf(scans)));
        }
        finally
        {
            foreach (var scan in scans)
                scan.Dispose();
        }
    }

    private static List<LoggedMessage> Merge(PartitionScan[] scans, bool descending, int limit, ScanBudget budget, CancellationToken cancellationToken)
    {
        var items = new List<LoggedMessage>();
        foreach (var scan in scans)
            scan.Advance(budget, cancellationToken);
        while (items.Count < limit)
        {
            PartitionScan? next = null;
            foreach (var scan in scans)
            {
                // What a partition still hides may come before the others' heads: the page ends here.
                if (scan.Head is null && !scan.IsDone)
                    return items;
                if (scan.Head is { } head && (next is null || Precedes(head, next.Head!, descending)))
                    next = scan;
            }

            if (next is null)
                return items;
            items.Add(next.Head!);
            next.TakeHead();
            if (next.Head is null && !budget.IsSpent)
                next.Advance(budget, cancellationToken);
        }

        return items;
    }

    private static bool Precedes(LoggedMessage a, LoggedMessage b, bool descending) =>
        descending ? a.EnqueuedTime > b.EnqueuedTime : a.EnqueuedTime < b.EnqueuedTime;

    private static long[] PositionsOf(PartitionScan[] scans) => Array.ConvertAll(scans, static scan => scan.Position);

    /// <summary>A device's messages lie in one partition; none are searched when the question contradicts itself.</summary>
    private static int[] PartitionsOf(TelemetryQuery query, int count)
    {
        if (query.After is not null && query.Partition is null)
            throw new ArgumentException("A sequence number to begin after needs a partition.", nameof(query));
        var ofDevice = query.DeviceId is { } device ? PartitionOf.Device(device, count) : (int?)null;
        if (query.Partition is { } partition)
            return partition >= 0 && partition < count && (ofDevice is null || ofDevice == partition) ? [partition] : [];
        return ofDevice is { } only ? [only] : [.. Enumerable.Range(0, count)];
    }
}
