using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The one writer of the log. Takes what is waiting, commits it as one transaction with one fsync, and only then tells the heads and
/// the feed. Messages that wait share the cost of an fsync, so that throughput rises with load while a lone message waits for nobody.
/// It has a thread of its own, since it spends its life in fsync. Singleton.
/// </summary>
internal sealed partial class MessageWriter(
    IMessageLog log,
    MessageFeed feed,
    IngestGate gate,
    IngestMetrics metrics,
    IOptions<DeviceToCloudOptions> options,
    TimeProvider time,
    ILogger<MessageWriter> logger) : IHostedService, IDisposable
{
    private const string FailedCause = "writer";
    private const string FailedReason = "The message writer has failed, and the hub ends: see its log.";
    private const int MaxBatchBytes = 8 * 1024 * 1024;

    /// <summary>Senders that hand over this many at once, on average, pipeline: they fill commits without anybody waiting for them.</summary>
    private const int PipelinedFrom = 4;
    private static readonly TimeSpan LastCommitTime = TimeSpan.FromSeconds(1);

    private readonly DeviceToCloudOptions _options = options.Value;
    private readonly WaitingBytes _waitingBytes = new(options.Value.MaxPendingBytes);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;

    // What waits for the next commit; its own lock. Bounded not by count but by bytes, through WhenReadyAsync: see there.
    private readonly object _queue = new();
    private List<PendingAppend> _waiting = [];
    private bool _writerSleeps;

    /// <summary>Why nothing more is taken; null while it is.</summary>
    private string? _closedReason;

    // What the writer took and has not told all callers of yet; only its own thread touches them.
    private List<PendingAppend> _taken = [];
    private int _answered;

    /// <summary>Completes when the writer has ended; faulted when it failed, after which the hub can only be started again.</summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// Completes at once while there is room, and otherwise when there is room again and the gate is open. A head awaits it before it
    /// reads on: that wait is the back-pressure. What waits is thus bounded by <see cref="DeviceToCloudOptions.MaxPendingBytes"/> plus
    /// what each connection had read before.
    /// </summary>
    public ValueTask WhenReadyAsync(CancellationToken cancellationToken) =>
        gate.IsOpen && _waitingBytes.HasRoom ? default : new(WaitUntilReadyAsync(cancellationToken));

    /// <summary>Hands messages over for the next commit; never waits, so that calls of one sender keep their order.</summary>
    public void Append(PendingAppend pending)
    {
        if (gate.Closure is { } closure)
        {
            Refuse(pending, closure.Reason);
            return;
        }

        string closedReason;
        lock (_queue)
        {
            if (_closedReason is null)
            {
                _waitingBytes.Add(pending.Bytes);
                _waiting.Add(pending);
                if (!_writerSleeps)
                    return;
                _writerSleeps = false;
                Monitor.Pulse(_queue);
                return;
            }

            closedReason = _closedReason;
        }

        Refuse(pending, closedReason);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CloseUnlessWritableAsync();
        _thread = new Thread(Run) { Name = "Message writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Takes no more; completes when what was handed over before is committed and acknowledged.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_queue)
        {
            _closedReason ??= "The hub is stopping.";
            Monitor.Pulse(_queue);
        }

        await _stopping.CancelAsync();
        if (_thread is null)
            return;
        // Those that stopped before may have used up the time; a commit under way still ends before the log is closed under it.
        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _ended.Task.WaitAsync(LastCommitTime, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private void Run()
    {
        try
        {
            var linger = false;
            while (Take(linger))
            {
                var messages = 0;
                for (var rest = CollectionsMarshal.AsSpan(_taken); !rest.IsEmpty; )
                {
                    var batch = FirstThatFit(rest, out var count);
                    Commit(batch, count);
                    rest = rest[batch.Length..];
                    messages += count;
                }

                linger = messages >= _options.LingerFrom && messages < PipelinedFrom * _taken.Count;
            }

            _ended.SetResult();
        }
        catch (Exception exception)
        {
            // A bug: without its writer the hub can only refuse, and must, lest whoever waits for an answer waits for ever.
            Log.Ended(logger, exception);
            RefuseAllThatWait();
            gate.Close(FailedCause, FailedReason);
            _ended.SetException(exception);
        }
    }

    /// <summary>Takes what waits, once something does, in place of what was answered; false when nothing will come any more.</summary>
    /// <param name="linger">Whether to wait a moment for company, since more came lately than a commit should be spent on.</param>
    private bool Take(bool linger)
    {
        _taken.Clear();
        _answered = 0;
        lock (_queue)
        {
            while (_waiting.Count == 0)
            {
                if (_closedReason is not null)
                    return false;
                _writerSleeps = true;
                Monitor.Wait(_queue);
            }

            // Nobody wakes it from this wait but the stop.
            if (linger && _closedReason is null && _options.Linger > TimeSpan.Zero)
                Monitor.Wait(_queue, _options.Linger);
            (_taken, _waiting) = (_waiting, _taken);
            return true;
        }
    }

    /// <summary>As many of the first as one commit may hold, and how many messages they are.</summary>
    private ReadOnlySpan<PendingAppend> FirstThatFit(ReadOnlySpan<PendingAppend> taken, out int count)
    {
        var bytes = 0L;
        var length = 0;
        count = 0;
        while (length < taken.Length && count < _options.MaxBatchMessages && bytes < MaxBatchBytes)
        {
            count += taken[length].Append.Messages.Length;
            bytes += taken[length].Bytes;
            length++;
        }

        return taken[..length];
    }

    private void Commit(ReadOnlySpan<PendingAppend> batch, int count)
    {
        var appends = new LogAppend[batch.Length];
        var bytes = 0L;
        for (var i = 0; i < appends.Length; i++)
        {
            appends[i] = batch[i].Append;
            bytes += batch[i].Bytes;
        }

        string? failure = null;
        var started = time.GetTimestamp();
        using var span = IngestTracing.StartCommit(count);
        try
        {
            // Waits on the spot, should the engine write over a network: this thread has nothing else to do.
            log.AppendAsync(appends, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (MessageLogException fault)
        {
            failure = fault.Message;
            span?.SetStatus(ActivityStatusCode.Error, failure);
            OnFault(fault);
        }

        // What follows, the answers and the feed, is no part of the commit.
        span?.Stop();
        if (failure is null)
        {
            metrics.Committed(count, bytes, time.GetElapsedTime(started));
            feed.Publish(appends);
        }
        else
        {
            metrics.Rejected(IngestMetrics.StoreUnavailable, count);
        }

        _waitingBytes.Release(bytes);
        foreach (var pending in batch)
        {
            _answered++;
            pending.Caller.OnResult(failure is null
                ? IngestResult.Accepted(pending.Append.Partition, pending.Append.FirstSequenceNumber)
                : IngestResult.Unavailable(failure));
        }
    }

    /// <summary>
    /// Ends what waits and what was taken and not answered, and lets nothing more in. Some of it may be stored: told that it is not, its
    /// sender sends it again (P-3).
    /// </summary>
    private void RefuseAllThatWait()
    {
        lock (_queue)
        {
            _closedReason = FailedReason;
            _taken.AddRange(_waiting);
            _waiting = [];
        }

        foreach (var pending in _taken[_answered..])
        {
            try
            {
                Refuse(pending, FailedReason);
            }
            catch (Exception exception)
            {
                // The next may well take its answer.
                Log.NotAnswered(logger, exception);
            }
        }
    }

    private void Refuse(PendingAppend pending, string reason)
    {
        metrics.Rejected(IngestMetrics.StoreUnavailable, pending.Append.Messages.Length);
        pending.Caller.OnResult(IngestResult.Unavailable(reason));
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await gate.WhenOpenAsync(cancellationToken);
            if (_waitingBytes.HasRoom)
                return;
            await _waitingBytes.WhenRoomAsync(cancellationToken);
        }
    }
}
