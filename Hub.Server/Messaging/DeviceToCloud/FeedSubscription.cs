using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>What a subscriber reads next.</summary>
/// <param name="Appends">Committed messages, in commit order.</param>
/// <param name="Missed">How many messages were left out before these because the subscriber was too slow; they stand in the log.</param>
internal sealed record FeedBatch(IReadOnlyList<LogAppend> Appends, long Missed);

/// <summary>A committed batch with its measures.</summary>
internal readonly record struct MeasuredBatch(IReadOnlyList<LogAppend> Appends, int Messages, long Bytes, long Missed)
{
    public static MeasuredBatch Of(IReadOnlyList<LogAppend> appends)
    {
        var messages = 0;
        var bytes = 0L;
        for (var i = 0; i < appends.Count; i++)
        {
            var list = appends[i].Messages;
            messages += list.Length;
            for (var j = 0; j < list.Length; j++)
                bytes += list[j].Size;
        }

        return new MeasuredBatch(appends, messages, bytes, 0);
    }
}

/// <summary>
/// One subscriber's bounded view of the <see cref="MessageFeed"/>. Read by one task; disposed by the subscriber. When it is full, new
/// batches are left out (not old ones: what is queued stays gapless) and counted.
/// </summary>
internal sealed class FeedSubscription : IDisposable
{
    /// <summary>How many bytes of messages may wait, however few the messages are: a few thousand large ones would fill the memory.</summary>
    public const long MaxQueuedBytes = 32 * 1024 * 1024;

    private readonly MessageFeed _feed;
    private readonly int _maxQueuedMessages;

    // Unbounded as a channel, bounded by Offer, which counts messages and bytes instead of batches.
    private readonly Channel<MeasuredBatch> _batches = Channel.CreateUnbounded<MeasuredBatch>(new() { SingleReader = true, SingleWriter = true });
    private int _queuedMessages;
    private long _queuedBytes;
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
    public bool TryRead([NotNullWhen(true)] out FeedBatch? batch)
    {
        batch = null;
        if (!_batches.Reader.TryRead(out var measured))
            return false;
        Interlocked.Add(ref _queuedMessages, -measured.Messages);
        Interlocked.Add(ref _queuedBytes, -measured.Bytes);
        batch = new FeedBatch(measured.Appends, measured.Missed);
        return true;
    }

    /// <summary>Takes the count of messages missed since it was last given out, for a subscriber with nothing more to read.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    public void Dispose()
    {
        _feed.Remove(this);
        _batches.Writer.TryComplete();
    }

    internal void Offer(MeasuredBatch batch)
    {
        // An empty queue takes a batch of any size: a batch larger than the limit would otherwise never pass.
        var queued = Volatile.Read(ref _queuedMessages);
        if (queued > 0
            && (queued + batch.Messages > _maxQueuedMessages || Volatile.Read(ref _queuedBytes) + batch.Bytes > MaxQueuedBytes))
        {
            Interlocked.Add(ref _missed, batch.Messages);
            return;
        }

        Interlocked.Add(ref _queuedMessages, batch.Messages);
        Interlocked.Add(ref _queuedBytes, batch.Bytes);
        _batches.Writer.TryWrite(batch with { Missed = TakeMissed() });
    }
}
