using System.Collections.Immutable;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Storage.Model;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteDeviceBoundStore
{
    public ValueTask<DeviceBoundPage> ListDeadAsync(DeadLetterQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        var question = "deadletters" + JsonSerializer.Serialize(query with { Cursor = null, Limit = 1 });
        var before = query.Cursor is null ? new DeviceBoundPlace(long.MaxValue, long.MaxValue) : DeviceBoundPlace.Parse(cursors.Open(question, query.Cursor));
        return ValueTask.FromResult(readers.Read((Store: this, query, question, before), static (connection, state) => state.Store.ReadPage(
            connection.Prepared(
                DeadSql(state.query),
                ("$time", state.before.Time), ("$number", state.before.Number), ("$device", state.query.DeviceId?.Value), ("$outcome", (int?)OutcomeOf(state.query.Reason)),
                ("$from", state.query.From?.UtcTicks ?? 0), ("$to", state.query.To?.UtcTicks ?? long.MaxValue)),
            state.query.Limit, state.query.Q, state.question, static entry => entry.SettledTime!.Value)));
    }

    public ValueTask<ResubmitResult> ResubmitAsync(
        long originId, Func<DeviceBoundMessage, NewDeviceBound> make, int maxDepth, CancellationToken cancellationToken)
    {
        ImmutableArray<DeviceBoundTransition> changes = [];
        return writer.WriteAsync<ResubmitResult>(
            connection =>
            {
                changes = [];
                if (ReadMessage(connection, originId) is not var (origin, device))
                    return new ResubmitResult.NotFound();
                if (origin.Entry.ResubmittedAs is { } id)
                    return new ResubmitResult.Already(id);
                if (origin.Entry.State != DeviceBoundState.DeadLettered)
                    return new ResubmitResult.NotDead();
                var message = make(origin);
                var result = Enqueue(
                    connection, message, DeviceBoundRows.JsonOf(message.Message.SystemProperties.Items), DeviceBoundRows.JsonOf(message.Message.Properties.Items), maxDepth);
                if (result is not EnqueueResult.Enqueued { Message: var stored })
                    return new ResubmitResult.Refused(result);
                var marked = Apply(connection, origin.Entry, device, entry => DeviceBoundRules.Resubmit(entry, stored.Entry.Id, message.By, message.EnqueuedTime))!;
                changes = [DeviceBoundTransition.Enqueued(stored.Entry, message.By), marked];
                return new ResubmitResult.Resubmitted(stored);
            },
            _ => Raise(changes),
            cancellationToken);
    }

    public ValueTask<ImmutableArray<long>> DeleteDeadAsync(ImmutableArray<long> ids, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => ids.Where(id => connection.Execute(
            $"DELETE FROM DeviceBoundMessages WHERE Number = $id AND {DeviceBoundMessageRowMapping.Dead}", ("$id", id)) > 0).ToImmutableArray(),
        cancellationToken);

    private static string DeadSql(DeadLetterQuery query)
    {
        var index = query.DeviceId is not null ? DeviceBoundMessageRowMapping.DeadDeviceIndex
            : query.Reason is not null ? DeviceBoundMessageRowMapping.DeadReasonIndex
            : DeviceBoundMessageRowMapping.EndIndex;
        var filter = (query.DeviceId is null ? "" : " AND m.DeviceId = $device") + (query.Reason is null ? "" : " AND m.Outcome = $outcome")
            + query.Resubmitted switch { null => "", true => " AND m.ResubmittedAs IS NOT NULL", false => " AND m.ResubmittedAs IS NULL" };
        // Both conditions, so that whichever index is named may serve.
        return $"""
            SELECT {DeviceBoundRows.EntryColumns}, {DeviceBoundRows.EnvelopeColumns}
            FROM DeviceBoundMessages m INDEXED BY {index} CROSS JOIN DeviceBoundEnvelopes e ON e.Number = m.Number
            WHERE m.{DeviceBoundMessageRowMapping.Dead} AND m.{DeviceBoundMessageRowMapping.Ended} AND m.SettledTime >= $from AND m.SettledTime < $to
                AND (m.SettledTime, m.Number) < ($time, $number){filter}
            ORDER BY m.SettledTime DESC, m.Number DESC
            """;
    }

    private static DeviceBoundOutcome? OutcomeOf(DeadLetterReason? reason) => reason switch
    {
        null => null,
        DeadLetterReason.Expired => DeviceBoundOutcome.Expired,
        DeadLetterReason.DeliveryCountExceeded => DeviceBoundOutcome.DeliveryCountExceeded,
        DeadLetterReason.Rejected => DeviceBoundOutcome.Rejected,
        DeadLetterReason.Purged => DeviceBoundOutcome.Purged,
        _ => DeviceBoundOutcome.Cancelled,
    };

    private static (DeviceBoundMessage Message, long DeviceNumber)? ReadMessage(ControlConnection connection, long id)
    {
        using var row = connection.Prepared(Messages + " WHERE m.Number = $id", ("$id", id)).ExecuteReader();
        return row.Read() ? (DeviceBoundRows.ReadMessage(row), DeviceBoundRows.DeviceNumberOf(row)) : null;
    }
}
