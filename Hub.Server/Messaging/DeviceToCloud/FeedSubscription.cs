using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>What a subscriber reads next.</summary>
/// <param name="Appends">Committed messages, in commit order.</param>
/// <param name="Missed">How many messages were left out before these because the subscriber was too slow; they stand in the log.</param>
internal sealed record FeedBatch(IReadOnlyList<LogAppend> Appends, long Missed);

/// <summary>
/// One subscriber's bounded view of the <see cref="MessageFeed"/>. Read by one task; disposed by the subscriber. When it is full, new
/// batches are left out (not old ones: what is queued stays gapless) and counted.
/// </summary>
internal sealed class FeedSubscription : IDisposable
{
    private readonly MessageFeed _feed;
    private readonly int _maxQueuedMessages;
    private readonly Channel<FeedBatch> _batches = Channel.CreateUnbounded<FeedBatch>(new() { SingleReader = true, SingleWriter = true });
    private int _queued;
    private long _missed;

    internal FeedSubscription(MessageFeed feed, int maxQueuedMessages)
    {
        _feed = feed;
        _maxQueuedMessages = maxQueuedMessages;
    }

    /// <summary>What comes, until the token is cancelled or the subscription disposed.</summary>
    public async IAsyncEnumerable<FeedBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _batches.Reader.WaitToReadAsync(cancellationToken))
        {
            while (TryRead(out var batch))
                yield return batch;
        }
    }

    /// <summary>Waits until something can be read; false once disposed.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken) => _batches.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Reads the next batch if there is one.</summary>
    public bool TryRead([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out FeedBatch? batch)
    {
        if (!_batches.Reader.TryRead(out batch))
            return false;
        Interlocked.Add(ref _queued, -CountOf(batch.Appends));
        return true;
    }

    /// <summary>Takes the count of messages missed since it was last given out, for a subscriber with nothing more to read.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    public void Dispose()
    {
        _feed.Remove(this);
        _batches.Writer.TryComplete();
    }

    internal void Offer(IReadOnlyList<LogAppend> committed)
    {
        var count = CountOf(committed);
        // An empty queue takes a batch of any size: a batch larger than the limit would otherwise never pass.
        var queued = Volatile.Read(ref _queued);
        if (queued > 0 && queued + count > _maxQueuedMessages)
        {
            Interlocked.Add(ref _missed, count);
            return;
        }

        Interlocked.Add(ref _queued, count);
        _batches.Writer.TryWrite(new FeedBatch(committed, TakeMissed()));
    }

    private static int CountOf(IReadOnlyList<LogAppend> appends)
    {
        var count = 0;
        for (var i = 0; i < appends.Count; i++)
            count += appends[i].Messages.Count;
        return count;
    }
}
