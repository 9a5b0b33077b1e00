using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The batches in SQLite, beside the messages that they work on.</summary>
internal sealed partial class SqliteBatchStore(ControlReaders readers, ControlWriter writer, CursorSeal cursors, SqliteDeviceBoundStore messages) : IBatchStore
{
    private const string Gone = "It was not there any more.";
    private const string HadEnded = "It had ended before.";

    public ValueTask<Batch> AddAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        var definition = JsonSerializer.Serialize(batch.Definition);
        return WriteAsync(
            (connection, changes) =>
            {
                var id = connection.Scalar(
                    """
                    INSERT INTO Batches (Kind, State, Target, "By", CreatedTime, HeldUntil, Definition, IsPrepared, Total, Done, Refused)
                    VALUES ($kind, $state, $target, $by, $created, $held, $definition, 0, 0, 0, 0) RETURNING Number
                    """,
                    ("$kind", (int)batch.Kind), ("$state", (int)(batch.HeldUntil is null ? BatchState.Running : BatchState.Held)), ("$target", batch.Target), ("$by", batch.By),
                    ("$created", batch.CreatedTime.UtcTicks), ("$held", batch.HeldUntil?.UtcTicks), ("$definition", definition))!.Value;
                var items = batch.QueueOf is { } device ? ReadQueue(connection, device) : batch.Items;
                if (items is not null)
                {
                    AddItems(connection, id, items, isLast: true);
                    if (batch.HeldUntil is not null)
                        ChangeAll(connection, items, entry => DeviceBoundRules.Hold(entry, id, batch.By, batch.CreatedTime), changes);
                }

                return ReadBatch(connection, id)!;
            },
            cancellationToken);
    }

    public async ValueTask PrepareAsync(long id, IReadOnlyList<BatchSubject> items, bool isFirst, bool isLast, CancellationToken cancellationToken) => await writer.WriteAsync(
        connection =>
        {
            if (isFirst)
            {
                connection.Execute("DELETE FROM BatchItems WHERE BatchNumber = $id", ("$id", id));
                connection.Execute("UPDATE Batches SET Total = 0 WHERE Number = $id", ("$id", id));
            }

            AddItems(connection, id, items, isLast);
            return true;
        },
        cancellationToken);

    public ValueTask<bool> StepAsync(long id, int max, Func<BatchSubject, BatchStep> step, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        (connection, changes) =>
        {
            // Stopped meanwhile, or not all of it is known yet.
            if (connection.Execute("UPDATE Batches SET State = 1 WHERE Number = $id AND State < 2 AND IsPrepared", ("$id", id)) == 0)
                return false;
            var items = ReadWaiting(connection, id, max);
            var refused = 0;
            foreach (var (place, subject) in items)
            {
                var (message, refusal) = Do(connection, subject, step(subject), changes);
                refused += refusal is null ? 0 : 1;
                if (message is null && refusal is null)
                    continue;
                connection.Execute(
                    "UPDATE BatchItems SET MessageNumber = $message, Refusal = $refusal WHERE BatchNumber = $id AND Place = $place",
                    ("$id", id), ("$place", place), ("$message", message), ("$refusal", refusal));
            }

            var isMore = items.Count == max;
            connection.Execute(
                "UPDATE Batches SET Done = Done + $done, Refused = Refused + $refused, State = $state, EndedTime = $ended WHERE Number = $id",
                ("$id", id), ("$done", items.Count), ("$refused", refused), ("$state", (int)(isMore ? BatchState.Running : BatchState.Finished)), ("$ended", isMore ? null : now.UtcTicks));
            return isMore;
        },
        cancellationToken);

    public ValueTask<Batch?> StopAsync(long id, string by, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        (connection, changes) =>
        {
            if (connection.Execute("UPDATE Batches SET State = 3, EndedTime = $now WHERE Number = $id AND State < 2", ("$id", id), ("$now", now.UtcTicks)) > 0)
                ChangeAll(connection, [.. ReadWaiting(connection, id, int.MaxValue).Select(item => item.Subject)], entry => DeviceBoundRules.Release(entry, id, by, now), changes);
            return ReadBatch(connection, id);
        },
        cancellationToken);

    public ValueTask<int> DropEndedAsync(DateTimeOffset before, int max, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => connection.Execute(
            "DELETE FROM Batches WHERE Number IN (SELECT Number FROM Batches WHERE EndedTime < $before ORDER BY EndedTime LIMIT $max)",
            ("$before", before.UtcTicks), ("$max", max)),
        cancellationToken);

    /// <summary>Does what is to be done with one item; says which message that made, and why nothing was done.</summary>
    private static (long? Message, string? Refusal) Do(ControlConnection connection, BatchSubject subject, BatchStep step, List<DeviceBoundTransition> changes)
    {
        switch (step)
        {
            case BatchStep.Send { Message: var message } send:
                var sent = DeviceBoundWrites.Enqueue(connection, message, send.MaxDepth);
                if (sent is EnqueueResult.Enqueued { Message.Entry: var entry })
                    changes.Add(DeviceBoundTransition.Enqueued(entry, message.By));
                return sent is EnqueueResult.Duplicate { First.Entry: var first }
                    ? (first.Id, null)
                    : ((sent as EnqueueResult.Enqueued)?.Message.Entry.Id, sent.FaultOf(subject.DeviceId)?.Sentence);
            case BatchStep.Resubmit resubmit:
                var result = DeviceBoundWrites.Resubmit(connection, subject.MessageId!.Value, resubmit.Make, resubmit.MaxDepth, changes);
                return ((result as ResubmitResult.Resubmitted)?.Message.Entry.Id, result.FaultOf()?.Sentence);
            case BatchStep.Delete:
                return (null, DeviceBoundWrites.DeleteDead(connection, subject.MessageId!.Value) ? null : Gone);
            case BatchStep.Change change:
                return (null, Change(connection, subject.MessageId!.Value, change.Rule, changes) ? null : HadEnded);
            default:
                return (null, ((BatchStep.Refuse)step).Why);
        }
    }

    private static void ChangeAll(ControlConnection connection, IReadOnlyList<BatchSubject> subjects, DeviceBoundRule rule, List<DeviceBoundTransition> changes)
    {
        foreach (var subject in subjects)
        {
            if (subject.MessageId is { } id)
                Change(connection, id, rule, changes);
        }
    }

    private static bool Change(ControlConnection connection, long id, DeviceBoundRule rule, List<DeviceBoundTransition> changes)
    {
        if (DeviceBoundWrites.ReadEntry(connection, id) is not var (entry, device) || DeviceBoundWrites.Apply(connection, entry, device, rule) is not { } change)
            return false;
        changes.Add(change);
        return true;
    }

    private static void AddItems(ControlConnection connection, long id, IReadOnlyList<BatchSubject> items, bool isLast)
    {
        var place = connection.Scalar("SELECT Total FROM Batches WHERE Number = $id", ("$id", id)) ?? 0;
        foreach (var item in items)
        {
            connection.Execute(
                "INSERT INTO BatchItems (BatchNumber, Place, DeviceId, SubjectNumber) VALUES ($id, $place, $device, $subject)",
                ("$id", id), ("$place", ++place), ("$device", item.DeviceId.Value), ("$subject", item.MessageId));
        }

        connection.Execute("UPDATE Batches SET Total = $total, IsPrepared = $isLast WHERE Number = $id", ("$id", id), ("$total", place), ("$isLast", isLast ? 1 : 0));
    }

    /// <summary>Does the work in a transaction and tells of the changes that it made once these are committed.</summary>
    private ValueTask<T> WriteAsync<T>(Func<ControlConnection, List<DeviceBoundTransition>, T> work, CancellationToken cancellationToken)
    {
        var changes = new List<DeviceBoundTransition>();
        return writer.WriteAsync(
            connection =>
            {
                changes.Clear();
                return work(connection, changes);
            },
            _ => messages.Raise([.. changes]),
            cancellationToken);
    }
}
