using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Says how many dead letters a question finds, for whoever is about to do something with all of them: exactly, off the counts, where
/// these can tell, and otherwise by looking, as far as that takes a moment. Singleton; safe from any thread.
/// </summary>
internal sealed class DeadLetterCounter(IDeviceBoundStore store, IDeviceBoundFigures figures)
{
    /// <summary>How many pages are looked at.</summary>
    private const int MaxPages = 20;
    private const int PageSize = 1_000;
    private const int Named = 3;

    public async ValueTask<DeadLetterCount> CountAsync(DeadLetterQuery query, CancellationToken cancellationToken)
    {
        if (query is { Resubmitted: false, From: null, To: null, Q: null })
            return await figures.CountDeadAsync(query.DeviceId, query.Reason, query.Description, cancellationToken);
        var (count, devices) = (0L, new SortedSet<DeviceId>(Comparer<DeviceId>.Create(static (one, other) => string.CompareOrdinal(one.Value, other.Value))));
        query = query with { Limit = PageSize, Cursor = null };
        for (var page = 0; page < MaxPages; page++)
        {
            var found = await store.ListDeadAsync(query, cancellationToken);
            count += found.Items.Count;
            devices.UnionWith(found.Items.Select(message => message.Entry.DeviceId));
            if (found.NextCursor is null)
                return new DeadLetterCount(count, false, devices.Count, [.. devices.Take(Named)]);
            query = query with { Cursor = found.NextCursor };
        }

        return new DeadLetterCount(count, true, devices.Count, [.. devices.Take(Named)]);
    }
}
