using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>A committed batch with its measures.</summary>
internal readonly record struct MeasuredBatch(IReadOnlyList<LogAppend> Appends, int Messages, long Bytes)
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

        return new MeasuredBatch(appends, messages, bytes);
    }
}

/// <summary>
/// One subscriber's bounded view of the <see cref="MessageFeed"/>. Read by one task; disposed by the subscriber. When it is full, new
/// batches are left out (not old ones: what is queued stays gapless), and it is told.
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
    private bool _leftOut;

    internal FeedSubscription(MessageFeed feed, int maxQueuedMessages)
    {
        _feed = feed;
        _maxQueuedMessages = maxQueuedMessages;
    }

    /// <summary>Waits until something can be read; false once disposed.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken) => _batches.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Reads the next committed appends if there are any, in commit order.</summary>
    public bool TryRead([NotNullWhen(true)] out IReadOnlyList<LogAppend>? appends)
    {
        appends = null;
        if (!_batches.Reader.TryRead(out var measured))
            return false;
        Interlocked.Add(ref _queuedMessages, -measured.Messages);
        Interlocked.Add(ref _queuedBytes, -measured.Bytes);
        appends = measured.Appends;
        return true;
    }

    /// <summary>
    /// Whether messages were left out after the last that could be read, told once: for a subscriber with nothing more to read. What was
    /// left out before that shows in the sequence numbers.
    /// </summary>
    public bool TakeLeftOut() => Interlocked.Exchange(ref _leftOut, false);

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
            Volatile.Write(ref _leftOut, true);
            return;
        }

        Interlocked.Add(ref _queuedMessages, batch.Messages);
        Interlocked.Add(ref _queuedBytes, batch.Bytes);
        Volatile.Write(ref _leftOut, false);
        _batches.Writer.TryWrite(batch);
    }
}
