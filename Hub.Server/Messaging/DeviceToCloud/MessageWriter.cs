using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The one writer of the log. Takes what is waiting, commits it as one transaction with one fsync, and only then tells the heads and
/// the feed. Messages that wait share the cost of an fsync, so that throughput rises with load while a lone message waits for nobody.
/// Singleton.
/// </summary>
internal sealed partial class MessageWriter(
    IMessageLog log,
    MessageFeed feed,
    IngestGate gate,
    IngestMetrics metrics,
    IOptions<DeviceToCloudOptions> options,
    TimeProvider time,
    ILogger<MessageWriter> logger) : BackgroundService
{
    private const string GateCause = "log";
    private const int MaxBatchBytes = 8 * 1024 * 1024;
    private const int GoodProbesToResume = 3;
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    // Bounded not by count but by bytes, through WhenReadyAsync: see there.
    private readonly Channel<PendingAppend> _queue = Channel.CreateUnbounded<PendingAppend>(new() { SingleReader = true });
    private readonly DeviceToCloudOptions _options = options.Value;
    private readonly Lock _spaceLock = new();
    private TaskCompletionSource? _space;
    private readonly CancellationTokenSource _stopping = new();
    private Task _resuming = Task.CompletedTask;
    private long _pendingBytes;

    /// <summary>
    /// Completes at once while there is room, and otherwise when there is room again and the gate is open. A head awaits it before it
    /// reads on: that wait is the back-pressure. What waits is thus bounded by <see cref="DeviceToCloudOptions.MaxPendingBytes"/> plus
    /// what each connection had read before.
    /// </summary>
    public ValueTask WhenReadyAsync(CancellationToken cancellationToken) =>
        gate.IsOpen && Interlocked.Read(ref _pendingBytes) < _options.MaxPendingBytes ? default : new(WaitUntilReadyAsync(cancellationToken));

    /// <summary>Hands messages over for the next commit; never waits, so that calls of one sender keep their order.</summary>
    public ValueTask<IngestResult> AppendAsync(LogAppend append, int bytes)
    {
        if (gate.Closure is { } closure)
            return new(Refuse(append, closure.Reason));

        var pending = new PendingAppend(append, bytes);
        Interlocked.Add(ref _pendingBytes, bytes);
        if (_queue.Writer.TryWrite(pending))
            return pending.Task;

        Interlocked.Add(ref _pendingBytes, -bytes);
        return new(Refuse(append, "The hub is stopping."));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not ended by the token: what was handed over before the stop is still committed and acknowledged.
        var batch = new List<PendingAppend>();
        var lastCount = 0;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var count = Collect(batch, 0);
            if (lastCount >= _options.LingerFrom && count < _options.MaxBatchMessages && _options.Linger > TimeSpan.Zero)
            {
                await Task.Delay(_options.Linger, time, CancellationToken.None);
                count = Collect(batch, count);
            }

            await CommitAsync(batch, count);
            lastCount = count;
            batch = new List<PendingAppend>(batch.Count);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await _stopping.CancelAsync();
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
    }

    /// <summary>Moves what is waiting into the batch; returns the number of messages in it.</summary>
    private int Collect(List<PendingAppend> batch, int count)
    {
        var bytes = 0;
        while (count < _options.MaxBatchMessages && bytes < MaxBatchBytes && _queue.Reader.TryRead(out var pending))
        {
            batch.Add(pending);
            count += pending.Append.Messages.Count;
            bytes += pending.Bytes;
        }

        return count;
    }

    private async ValueTask CommitAsync(List<PendingAppend> batch, int count)
    {
        var appends = new LogAppend[batch.Count];
        var bytes = 0L;
        for (var i = 0; i < appends.Length; i++)
        {
            appends[i] = batch[i].Append;
            bytes += batch[i].Bytes;
        }

        string? failure = null;
        var started = time.GetTimestamp();
        try
        {
            await log.AppendAsync(appends, CancellationToken.None);
        }
        catch (MessageLogException fault)
        {
            failure = fault.Fault == MessageLogFault.Full
                ? "The disk is full: free space, then messages are taken again."
                : "The message log cannot be written: see the hub's log.";
            OnFault(fault, failure);
        }

        if (failure is null)
        {
            metrics.Committed(count, bytes, time.GetElapsedTime(started));
            feed.Publish(appends);
        }
        else
        {
            metrics.Rejected(IngestMetrics.StoreUnavailable, count);
        }

        Release(bytes);
        // The heads are told on the pool, so that the next commit can begin meanwhile.
        ThreadPool.UnsafeQueueUserWorkItem(new Completion(batch, failure), preferLocal: false);
    }

    private void OnFault(MessageLogException fault, string reason)
    {
        Log.AppendFailed(logger, fault.Fault, fault);
        gate.Close(GateCause, reason);
        if (_resuming.IsCompleted)
            _resuming = ResumeWhenWritableAsync();
    }

    /// <summary>Opens the gate after several probes in a row reached the disk; no restart is needed.</summary>
    private async Task ResumeWhenWritableAsync()
    {
        for (var good = 0; good < GoodProbesToResume && !_stopping.IsCancellationRequested;)
        {
            await Task.Delay(ProbeInterval, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            good = await log.ProbeAsync(CancellationToken.None) ? good + 1 : 0;
        }

        gate.Open(GateCause);
        Log.Resumed(logger);
    }

    private IngestResult Refuse(LogAppend append, string reason)
    {
        metrics.Rejected(IngestMetrics.StoreUnavailable, append.Messages.Count);
        return IngestResult.Unavailable(reason);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await gate.WhenOpenAsync(cancellationToken);
            Task space;
            lock (_spaceLock)
            {
                if (Interlocked.Read(ref _pendingBytes) < _options.MaxPendingBytes)
                    return;
                space = (_space ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await space.WaitAsync(cancellationToken);
        }
    }

    private void Release(long bytes)
    {
        if (Interlocked.Add(ref _pendingBytes, -bytes) >= _options.MaxPendingBytes)
            return;
        lock (_spaceLock)
        {
            _space?.TrySetResult();
            _space = null;
        }
    }

    private sealed class Completion(List<PendingAppend> batch, string? failure) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            foreach (var pending in batch)
            {
                pending.Complete(failure is null
                    ? IngestResult.Accepted(pending.Append.Partition, pending.Append.FirstSequenceNumber)
                    : IngestResult.Unavailable(failure));
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.DeviceToCloud + 1, LogLevel.Error, "The message log refused a commit ({Fault}); ingest stops until it can be written again.")]
        public static partial void AppendFailed(ILogger logger, MessageLogFault fault, Exception exception);

        [LoggerMessage(EventIds.DeviceToCloud + 2, LogLevel.Information, "The message log can be written again; ingest goes on.")]
        public static partial void Resumed(ILogger logger);
    }
}
