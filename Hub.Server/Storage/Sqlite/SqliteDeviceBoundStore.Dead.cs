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
                ("$time", state.before.Key), ("$number", state.before.Number), ("$device", state.query.DeviceId?.Value), ("$outcome", (int?)state.query.Reason?.ToOutcome()),
                ("$from", state.query.From?.UtcTicks ?? 0), ("$to", state.query.To?.UtcTicks ?? long.MaxValue)),
            state.query.Limit, Matcher(state.query), state.question, static entry => new(entry.SettledTime!.Value.UtcTicks, entry.Id))));
    }

    public ValueTask<ResubmitResult> ResubmitAsync(
        long originId, Func<DeviceBoundMessage, NewDeviceBound> make, int maxDepth, CancellationToken cancellationToken)
    {
        var changes = new List<DeviceBoundTransition>();
        return writer.WriteAsync(
            connection =>
            {
                changes.Clear();
                return DeviceBoundWrites.Resubmit(connection, originId, make, maxDepth, changes);
            },
            _ => Raise([.. changes]),
            cancellationToken);
    }

    public ValueTask<ImmutableArray<long>> DeleteDeadAsync(ImmutableArray<long> ids, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => ids.Where(id => DeviceBoundWrites.DeleteDead(connection, id)).ToImmutableArray(), cancellationToken);

    private static string DeadSql(DeadLetterQuery query)
    {
        var index = query.DeviceId is not null ? DeviceBoundMessageRowMapping.DeadDeviceIndex
            : query.Reason is not null ? DeviceBoundMessageRowMapping.DeadReasonIndex
            : DeviceBoundMessageRowMapping.EndIndex;
        var filter = (query.DeviceId is null ? "" : " AND m.DeviceId = $device") + (query.Reason is null ? "" : " AND m.Outcome = $outcome");
        // Both conditions, so that whichever index is named may serve.
        return $"""
            SELECT {DeviceBoundRows.EntryColumns}, {DeviceBoundRows.EnvelopeColumns}
            FROM DeviceBoundMessages m INDEXED BY {index} CROSS JOIN DeviceBoundEnvelopes e ON e.Number = m.Number
            WHERE m.{DeviceBoundMessageRowMapping.Dead} AND m.{DeviceBoundMessageRowMapping.Ended} AND m.SettledTime >= $from AND m.SettledTime < $to
                AND (m.SettledTime, m.Number) < ($time, $number){filter}
            ORDER BY m.SettledTime DESC, m.Number DESC
            """;
    }

    /// <summary>What no index finds is looked for in what the index gives, as far as a page may look.</summary>
    private static Func<DeviceBoundMessage, bool>? Matcher(DeadLetterQuery query) => query is { Q: null, Resubmitted: null, Description: null }
        ? null
        : message => (query.Resubmitted is not { } again || message.Entry.ResubmittedAs is not null == again)
            && (query.Description is not { } description || (message.Entry.Description ?? "") == description)
            && (query.Q is not { } text || Contains(message, text));
}
