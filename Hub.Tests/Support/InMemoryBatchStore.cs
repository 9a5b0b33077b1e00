using System.Globalization;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Shared.CloudToDevice;

namespace Hub.Tests.Support;

/// <summary>Batches in memory, beside messages in memory, by the same port and its compliance suite.</summary>
internal sealed class InMemoryBatchStore(IDeviceBoundStore messages) : IBatchStore
{
    private readonly Lock _lock = new();
    private readonly List<Kept> _batches = [];

    public async ValueTask<Batch> AddAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        var subjects = batch.QueueOf is { } device
            ? [.. (await messages.ListQueueAsync(device, int.MaxValue, cancellationToken)).Select(id => new BatchSubject(device, id))]
            : batch.Items;
        var kept = new Kept
        {
            Batch = new Batch
            {
                Id = _batches.Count + 1, Kind = batch.Kind, State = batch.HeldUntil is null ? BatchState.Running : BatchState.Held, Target = batch.Target, By = batch.By,
                CreatedTime = batch.CreatedTime, HeldUntil = batch.HeldUntil, Total = subjects?.Count ?? 0, Done = 0, Refused = 0,
            },
            Definition = batch.Definition,
            IsPrepared = subjects is not null,
        };
        kept.Items.AddRange(subjects ?? []);
        lock (_lock)
            _batches.Add(kept);
        if (batch.HeldUntil is not null)
            await messages.ChangeAsync([.. kept.Items.Select(item => item.MessageId).OfType<long>()], entry => DeviceBoundRules.Hold(entry, kept.Batch.Id, batch.By, batch.CreatedTime), cancellationToken);
        return kept.Batch;
    }

    public ValueTask PrepareAsync(long id, IReadOnlyList<BatchSubject> items, bool isFirst, bool isLast, CancellationToken cancellationToken)
    {
        var kept = Get(id)!;
        if (isFirst)
            kept.Items.Clear();
        kept.Items.AddRange(items);
        kept.Batch = kept.Batch with { Total = kept.Items.Count };
        kept.IsPrepared = isLast;
        return default;
    }

    public async ValueTask<bool> StepAsync(long id, int max, Func<BatchSubject, BatchStep> step, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (Get(id) is not { IsPrepared: true, Batch.State: BatchState.Running or BatchState.Held } kept)
            return false;
        var items = kept.Items.Skip(kept.Batch.Done).Take(max).ToList();
        foreach (var item in items)
            kept.Outcomes.Add(await DoAsync(item, step(item), cancellationToken));
        var isMore = items.Count == max;
        kept.Batch = kept.Batch with
        {
            Done = kept.Batch.Done + items.Count,
            Refused = kept.Outcomes.Count(outcome => outcome.Refusal is not null),
            State = isMore ? BatchState.Running : BatchState.Finished,
            EndedTime = isMore ? null : now,
        };
        return isMore;
    }

    public async ValueTask<Batch?> StopAsync(long id, string by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (Get(id) is { Batch.State: BatchState.Running or BatchState.Held } kept)
        {
            kept.Batch = kept.Batch with { State = BatchState.Stopped, EndedTime = now };
            await messages.ChangeAsync(
                [.. kept.Items.Skip(kept.Batch.Done).Select(item => item.MessageId).OfType<long>()], entry => DeviceBoundRules.Release(entry, id, by, now), cancellationToken);
        }

        return Get(id)?.Batch;
    }

    public async ValueTask<Batch?> FindAsync(long id, CancellationToken cancellationToken)
    {
        if (Get(id) is not { } kept)
            return null;
        var sent = new List<DeviceBoundState>();
        foreach (var message in kept.Outcomes.Select(outcome => outcome.Message).OfType<long>())
        {
            if (await messages.FindAsync(message, cancellationToken) is { } found)
                sent.Add(found.Entry.State);
        }

        return kept.Batch with { States = sent.CountBy(state => state).ToDictionary() };
    }

    public ValueTask<BatchPage> ListAsync(int limit, string? cursor, CancellationToken cancellationToken)
    {
        var (items, next) = PageOf(_batches.Select(kept => kept.Batch).Reverse().ToList(), limit, cursor);
        return new(new BatchPage(items, next));
    }

    public async ValueTask<BatchItemPage> ListItemsAsync(long id, bool? refused, int limit, string? cursor, CancellationToken cancellationToken)
    {
        var kept = Get(id)!;
        var all = new List<BatchItem>();
        for (var place = 0; place < kept.Items.Count; place++)
        {
            var (message, refusal) = place < kept.Outcomes.Count ? kept.Outcomes[place] : default;
            var sent = message is { } number ? (await messages.FindAsync(number, cancellationToken))?.Entry : null;
            all.Add(new BatchItem
            {
                Place = place + 1, DeviceId = kept.Items[place].DeviceId, SubjectId = kept.Items[place].MessageId, Done = place < kept.Outcomes.Count, MessageId = message,
                Refusal = refusal, State = sent?.State, Outcome = sent?.Outcome,
            });
        }

        var (items, next) = PageOf(all.Where(item => refused is not { } only || item.Refusal is not null == only).ToList(), limit, cursor);
        return new BatchItemPage(items, next);
    }

    public ValueTask<IReadOnlyList<BatchUnderWay>> ListUnderWayAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return new([.. _batches.Where(kept => kept.Batch.EndedTime is null).Select(kept => new BatchUnderWay(kept.Batch, kept.Definition, kept.IsPrepared))]);
    }

    public ValueTask<int> DropEndedAsync(DateTimeOffset before, int max, CancellationToken cancellationToken)
    {
        lock (_lock)
            return new(_batches.RemoveAll(kept => kept.Batch.EndedTime < before));
    }

    private async ValueTask<(long? Message, string? Refusal)> DoAsync(BatchSubject subject, BatchStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case BatchStep.Send send:
                var sent = await messages.EnqueueAsync(send.Message, send.MaxDepth, cancellationToken);
                return ((sent as EnqueueResult.Enqueued)?.Message.Entry.Id ?? (sent as EnqueueResult.Duplicate)?.First.Entry.Id, sent.FaultOf(subject.DeviceId)?.Sentence);
            case BatchStep.Resubmit resubmit:
                var result = await messages.ResubmitAsync(subject.MessageId!.Value, resubmit.Make, resubmit.MaxDepth, cancellationToken);
                return ((result as ResubmitResult.Resubmitted)?.Message.Entry.Id, result.FaultOf()?.Sentence);
            case BatchStep.Delete:
                return (null, (await messages.DeleteDeadAsync([subject.MessageId!.Value], cancellationToken)).IsEmpty ? "It was not there any more." : null);
            case BatchStep.Change change:
                return (null, (await messages.ChangeAsync([subject.MessageId!.Value], change.Rule, cancellationToken)).IsEmpty ? "It had ended before." : null);
            default:
                return (null, ((BatchStep.Refuse)step).Why);
        }
    }

    private Kept? Get(long id)
    {
        lock (_lock)
            return _batches.Find(kept => kept.Batch.Id == id);
    }

    private static (IReadOnlyList<T> Items, string? Next) PageOf<T>(List<T> all, int limit, string? cursor)
    {
        var skipped = cursor is null ? 0 : int.Parse(cursor, CultureInfo.InvariantCulture);
        return ([.. all.Skip(skipped).Take(limit)], all.Count > skipped + limit ? (skipped + limit).ToString(CultureInfo.InvariantCulture) : null);
    }

    private sealed class Kept
    {
        public required Batch Batch { get; set; }

        public required BatchDefinition Definition { get; init; }

        public bool IsPrepared { get; set; }

        public List<BatchSubject> Items { get; } = [];

        public List<(long? Message, string? Refusal)> Outcomes { get; } = [];
    }
}
