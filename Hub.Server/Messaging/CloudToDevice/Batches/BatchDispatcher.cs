using System.Threading.Channels;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.CloudToDevice.Batches;

/// <summary>
/// Takes batches in and works them off, some items of each in turn, so that no large one keeps a small one waiting. The store is the truth:
/// what a restart, or another node, finds there it goes on with. Singleton; safe from any thread.
/// </summary>
internal sealed partial class BatchDispatcher(
    IBatchStore store, DeviceBoundQueue queue, IDeviceBoundStore messages, DeviceRegistry registry, IngestGate gate, IOptions<CloudToDeviceOptions> options,
    TimeProvider time, ILogger<BatchDispatcher> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Small enough that whoever else writes waits no more than some tens of milliseconds.
    private const int MaxPerWrite = 100;
    private const int MaxPerPage = 1_000;

    // Full: it is awake already.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Stores a batch and begins with it, at once or when its hold is over.</summary>
    public async ValueTask<Batch> AddAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        var added = await store.AddAsync(batch, cancellationToken);
        _wake.Writer.TryWrite(true);
        return added;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var isMore = false;
            var wait = Interval;
            try
            {
                foreach (var batch in await store.ListUnderWayAsync(stoppingToken))
                {
                    if (!batch.IsPrepared)
                        await PrepareAsync(batch, stoppingToken);
                    var left = batch.Batch.HeldUntil - time.GetUtcNow();
                    if (left > TimeSpan.Zero)
                        wait = left < wait ? left.Value : wait;
                    else if (!Waits(batch.Batch.Kind))
                        isMore |= await store.StepAsync(batch.Batch.Id, MaxPerWrite, subject => StepOf(batch, subject), time.GetUtcNow(), stoppingToken);
                }
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
            {
                Log.NotDone(logger, exception);
                isMore = false;
            }

            if (!isMore)
                await SleepAsync(wait, stoppingToken);
        }
    }

    /// <summary>While the hub takes no messages in, sending waits; what ends messages goes on.</summary>
    private bool Waits(BatchKind kind) => kind is BatchKind.Send or BatchKind.Resubmit && gate.Closure is not null;

    private async Task SleepAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var woken = _wake.Reader.ReadAsync(timeout.Token).AsTask();
        await Task.WhenAny(woken, Task.Delay(wait, time, timeout.Token));
        await timeout.CancelAsync();
        await ((Task)woken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Finds what a batch is to work on. Begun anew when it was interrupted, so that nothing is there twice.</summary>
    private async ValueTask PrepareAsync(BatchUnderWay batch, CancellationToken cancellationToken)
    {
        string? cursor = null;
        var isFirst = true;
        do
        {
            var (subjects, next) = await FindAsync(batch, cursor, cancellationToken);
            await store.PrepareAsync(batch.Batch.Id, subjects, isFirst, next is null, cancellationToken);
            (isFirst, cursor) = (false, next);
        }
        while (cursor is not null);
    }

    private async ValueTask<(IReadOnlyList<BatchSubject> Subjects, string? Next)> FindAsync(BatchUnderWay batch, string? cursor, CancellationToken cancellationToken)
    {
        if (batch.Definition.DeadLetters is { } filter)
        {
            // What fails while the batch is under way is none of its business.
            var until = filter.To < batch.Batch.CreatedTime ? filter.To : batch.Batch.CreatedTime;
            var page = await messages.ListDeadAsync(filter with { To = until, Limit = MaxPerPage, Cursor = cursor }, cancellationToken);
            return ([.. page.Items.Select(message => new BatchSubject(message.Entry.DeviceId, message.Entry.Id))], page.NextCursor);
        }

        var devices = await registry.ListAsync(new DeviceQuery { Tag = batch.Definition.Tag, Limit = MaxPerPage, Cursor = cursor }, cancellationToken);
        return ([.. devices.Items.Select(device => new BatchSubject(device.Id))], devices.NextCursor);
    }

    private BatchStep StepOf(BatchUnderWay batch, BatchSubject subject)
    {
        var (by, definition) = (batch.Batch.By, batch.Definition);
        switch (batch.Batch.Kind)
        {
            case BatchKind.Send:
                var (message, refused) = queue.Prepare(definition.Message!.ToDraft(subject.DeviceId, by));
                return refused is null ? new BatchStep.Send(message!, options.Value.MaxQueueDepth) : new BatchStep.Refuse(refused.FaultOf(subject.DeviceId)!.Value.Sentence);
            case BatchKind.Resubmit:
                return new BatchStep.Resubmit(origin => queue.Again(origin, origin.Message, definition.TimeToLive, by), options.Value.MaxQueueDepth);
            case BatchKind.PurgeDeadLetters:
                return new BatchStep.Delete();
            case BatchKind.Cancel:
                return new BatchStep.Change(entry => DeviceBoundRules.Cancel(entry, by, time.GetUtcNow()));
            default:
                return new BatchStep.Change(entry => DeviceBoundRules.Purge(entry, by, null, time.GetUtcNow()));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 8, LogLevel.Error, "A batch could not be gone on with; trying again.")]
        public static partial void NotDone(ILogger logger, Exception exception);
    }
}
