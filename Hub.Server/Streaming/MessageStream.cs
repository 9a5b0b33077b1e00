using System.Runtime.CompilerServices;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Live;

namespace Hub.Server.Streaming;

/// <summary>
/// One viewer's stream of what happens to messages: batches at most every 100 ms while something happens, and a sign of life otherwise. Runs
/// on the viewer's own task; what its bounded queue has no room for is counted as dropped, and above its rate the changes are sampled evenly.
/// </summary>
internal sealed class MessageStream(DeviceBoundFeed feed, IDeviceBoundStore store, TelemetryMatch match, int maxPerSecond, TimeProvider time, LiveMetrics metrics)
{
    private const int MaxQueued = 20_000;

    private readonly EvenSample<DeviceBoundTransition> _changes = new(2 * Math.Max(1_000, maxPerSecond), long.MaxValue);
    private readonly RowBudget _budget = new(maxPerSecond);

    public async IAsyncEnumerable<LiveBatch<DeviceBoundChange>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var viewer = metrics.Viewer();
        using var subscription = feed.Subscribe(MaxQueued);
        // The first comes at once, empty: it says that the viewer is heard from here on.
        yield return new LiveBatch<DeviceBoundChange> { Items = [], Received = 0, Dropped = 0, Sampled = 0 };
        var sent = time.GetTimestamp();
        while (true)
        {
            await PauseAsync(subscription, sent, cancellationToken);
            while (subscription.Changes.TryRead(out var change))
            {
                if (await IsWantedAsync(change, cancellationToken))
                    _changes.Offer(change, 1);
            }

            var batch = MakeBatch(subscription.TakeMissed());
            if (batch.Received == 0 && batch.Dropped == 0 && time.GetElapsedTime(sent) < TelemetryStream.SignOfLife)
                continue;
            sent = time.GetTimestamp();
            metrics.Sent(batch.Items.Count, batch.Dropped, batch.Sampled);
            yield return batch;
        }
    }

    /// <summary>Waits until there is something, or a sign of life is due, and in any case until 100 ms have passed since the batch before.</summary>
    private async ValueTask PauseAsync(DeviceBoundSubscription subscription, long sent, CancellationToken cancellationToken)
    {
        using (var timeout = new CancellationTokenSource(Left(TelemetryStream.SignOfLife, sent), time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken))
        {
            try
            {
                await subscription.Changes.WaitToReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Nothing came: time for a sign of life.
            }
        }

        if (Left(TelemetryStream.BatchInterval, sent) is var left && left > TimeSpan.Zero)
            await Task.Delay(left, time, cancellationToken);
    }

    private TimeSpan Left(TimeSpan interval, long sent) => interval - time.GetElapsedTime(sent) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>What the message says is looked up only where it is asked for.</summary>
    private async ValueTask<bool> IsWantedAsync(DeviceBoundTransition change, CancellationToken cancellationToken)
    {
        if (!match.Matches(change.After.DeviceId))
            return false;
        if (match is { Text: null, Properties.Count: 0 })
            return true;
        return await store.FindAsync(change.After.Id, cancellationToken) is { } found && match.Matches(found.Message);
    }

    private LiveBatch<DeviceBoundChange> MakeBatch(long missed)
    {
        var now = time.GetUtcNow().UtcTicks;
        var coming = _changes.Offered;
        var items = _changes.Take(_budget.Allowed(now, coming), long.MaxValue).ConvertAll(change => change.ToChange());
        _budget.Spend(now, coming, items.Count);
        return new LiveBatch<DeviceBoundChange> { Items = items, Received = coming, Dropped = missed, Sampled = coming - items.Count };
    }
}
