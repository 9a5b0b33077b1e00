using System.Globalization;
using System.Runtime.CompilerServices;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Live;
using Hub.Shared.Messages;

namespace Hub.Server.Streaming;

/// <summary>
/// One viewer's stream. Runs on the viewer's own task: while the viewer does not read, nothing is done for it, its bounded queue fills,
/// and what does not fit is counted as dropped.
/// 1. Waits until something is there, or until a sign of life is due.
/// 2. Waits until 100 ms have passed since the batch before.
/// 3. Takes all that is there. What was stored before the viewer came is paced, not sampled: whoever asks from a sequence number
///    wants all of it. What is live is sampled evenly above the viewer's rate.
/// 4. Sends a batch that counts what came, what was sampled away and what was dropped.
/// </summary>
internal sealed class TelemetryStream(
    MessageFeed feed, IMessageLog log, LiveFilter filter, TimeProvider time, LiveMetrics metrics)
{
    internal static readonly TimeSpan BatchInterval = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(5);

    // Bodies in one batch; a browser that is sent more at once stands still.
    private const long MaxBatchBytes = 2 * 1024 * 1024;

    private readonly EvenSample<LoggedMessage> _live = new(2 * Math.Max(1_000, filter.MaxPerSecond), 8 * MaxBatchBytes);
    private readonly Queue<LoggedMessage> _backlog = new();
    private readonly RowBudget _budget = new(filter.MaxPerSecond);
    private long[] _places = [];
    private long _backlogBytes;
    private DateTimeOffset? _behindSince;
    private long _dropped;

    public async IAsyncEnumerable<LiveBatch<TelemetryItem>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var viewer = metrics.Viewer();
        await using var tail = new MessageTail(feed, log, filter.Match, filter.After);
        _places = tail.Places;
        var sent = 0L;
        while (true)
        {
            // The first comes at once, though it may be empty: it says from where.
            var isFirst = sent == 0;
            if (!isFirst)
                await PauseAsync(tail, sent, cancellationToken);
            await TakeAsync(tail, cancellationToken);
            var batch = MakeBatch(tail);
            if (!isFirst && batch.Received == 0 && batch.Dropped == 0 && time.GetElapsedTime(sent) < SignOfLife)
                continue;
            sent = time.GetTimestamp();
            metrics.Sent(batch.Items.Count, batch.Dropped, batch.Sampled);
            yield return batch;
        }
    }

    private async ValueTask PauseAsync(MessageTail tail, long sent, CancellationToken cancellationToken)
    {
        if (_backlog.Count == 0)
            await WaitAsync(tail, SignOfLife - time.GetElapsedTime(sent), cancellationToken);
        if (time.GetElapsedTime(sent) is var since && since < BatchInterval)
            await Task.Delay(BatchInterval - since, time, cancellationToken);
    }

    private async ValueTask WaitAsync(MessageTail tail, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (longest <= TimeSpan.Zero)
            return;
        using var timeout = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await tail.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came: time for a sign of life.
        }
    }

    private async ValueTask TakeAsync(MessageTail tail, CancellationToken cancellationToken)
    {
        // Of a backlog what a second may bear: its chunks may be of one message each. Live messages for as long as a batch lasts, since they
        // may come as fast as they are taken.
        var began = time.GetTimestamp();
        while (MayTake(tail) && time.GetElapsedTime(began) < BatchInterval && await tail.TryReadAsync(cancellationToken) is { } read)
        {
            _dropped += read.Missed;
            foreach (var message in read.Matched)
            {
                // What came after the last of the backlog stands behind it, live or not.
                if (read.IsBacklog || _backlog.Count > 0)
                {
                    _backlog.Enqueue(message);
                    _backlogBytes += message.Message.Size;
                }
                else
                {
                    _live.Offer(message, message.Message.Size);
                }
            }

            if (read.IsBacklog && read.Matched is [.., var last])
                _behindSince = last.EnqueuedTime;
        }

        if (_backlog.TryPeek(out var oldest))
            _behindSince = oldest.EnqueuedTime;
        else if (!tail.ReadsLog)
            _behindSince = null;
    }

    private bool MayTake(MessageTail tail) =>
        _backlog.Count == 0 || (tail.ReadsLog && _backlog.Count < filter.MaxPerSecond && _backlogBytes < MaxBatchBytes);

    private LiveBatch<TelemetryItem> MakeBatch(MessageTail tail)
    {
        var now = time.GetUtcNow().UtcTicks;
        var coming = _live.Offered;
        // Live rows that were taken before a backlog chunk go out first: they stood before it in the tail.
        var items = new List<TelemetryItem>();
        foreach (var message in _live.Take(_budget.Allowed(now, coming), MaxBatchBytes))
            items.Add(message.ToItem());
        var sampled = coming - items.Count;
        _budget.Spend(now, coming, items.Count);

        var fromBacklog = 0;
        for (var bytes = 0L; fromBacklog < _budget.Allowed(now, 0) && bytes < MaxBatchBytes && _backlog.TryDequeue(out var message); fromBacklog++)
        {
            bytes += message.Message.Size;
            _backlogBytes -= message.Message.Size;
            items.Add(message.ToItem());
        }

        foreach (var item in items)
            _places[item.Partition] = item.SequenceNumber;
        // What waits here has been read and not been sent.
        if (_backlog.Count == 0)
            tail.Places.CopyTo(_places, 0);
        _budget.Spend(now, fromBacklog, fromBacklog);
        var batch = new LiveBatch<TelemetryItem>
        {
            Items = items,
            Received = coming + fromBacklog,
            Dropped = _dropped,
            Sampled = sampled,
            Next = NextOf(_places),
            BehindSeconds = _behindSince is { } since ? Math.Max(0, (time.GetUtcNow() - since).TotalSeconds) : 0,
        };
        _dropped = 0;
        return batch;
    }

    private static Dictionary<string, string> NextOf(long[] places)
    {
        var next = new Dictionary<string, string>(places.Length, StringComparer.Ordinal);
        for (var partition = 0; partition < places.Length; partition++)
            next[partition.ToString(CultureInfo.InvariantCulture)] = (places[partition] + 1).ToString(CultureInfo.InvariantCulture);
        return next;
    }
}
