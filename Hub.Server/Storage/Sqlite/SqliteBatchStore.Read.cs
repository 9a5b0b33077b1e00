using System.Globalization;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Storage.Model;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteBatchStore
{
    private const string Batches = "SELECT Number, Kind, State, Target, \"By\", CreatedTime, HeldUntil, EndedTime, Total, Done, Refused, IsPrepared, Definition FROM Batches";
    private const string ListQuestion = "batches";

    public ValueTask<Batch?> FindAsync(long id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(id, static (connection, id) => ReadBatch(connection, id) is { } batch ? batch with { States = ReadStates(connection, id) } : null));
    }

    public ValueTask<BatchPage> ListAsync(int limit, string? cursor, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var before = cursor is null ? long.MaxValue : long.Parse(cursors.Open(ListQuestion, cursor), CultureInfo.InvariantCulture);
        return ValueTask.FromResult(readers.Read((Store: this, limit, before), static (connection, state) =>
        {
            using var row = connection.Prepared(Batches + " WHERE Number < $before ORDER BY Number DESC LIMIT $limit", ("$before", state.before), ("$limit", state.limit + 1)).ExecuteReader();
            List<Batch> found = [];
            while (row.Read())
                found.Add(ReadBatch(row));
            var items = found.Take(state.limit).ToList();
            return new BatchPage(items, found.Count > state.limit ? state.Store.Seal(ListQuestion, items[^1].Id) : null);
        }));
    }

    public ValueTask<BatchItemPage> ListItemsAsync(long id, bool? refused, int limit, string? cursor, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var question = string.Create(CultureInfo.InvariantCulture, $"batch {id} {refused}");
        var after = cursor is null ? 0 : long.Parse(cursors.Open(question, cursor), CultureInfo.InvariantCulture);
        return ValueTask.FromResult(readers.Read((Store: this, id, refused, limit, after, question), static (connection, state) =>
        {
            var filter = state.refused switch { null => "", true => " AND i.Refusal IS NOT NULL", false => " AND i.Refusal IS NULL" };
            using var row = connection.Prepared(
                $"""
                SELECT i.Place, i.DeviceId, i.SubjectNumber, i.Place <= b.Done, i.MessageNumber, i.Refusal, m.State, m.Outcome
                FROM BatchItems i JOIN Batches b ON b.Number = i.BatchNumber LEFT JOIN DeviceBoundMessages m ON m.Number = i.MessageNumber
                WHERE i.BatchNumber = $id AND i.Place > $after{filter} ORDER BY i.Place LIMIT $limit
                """,
                ("$id", state.id), ("$after", state.after), ("$limit", state.limit + 1)).ExecuteReader();
            List<BatchItem> found = [];
            while (row.Read())
                found.Add(ReadItem(row));
            var items = found.Take(state.limit).ToList();
            return new BatchItemPage(items, found.Count > state.limit ? state.Store.Seal(state.question, items[^1].Place) : null);
        }));
    }

    public ValueTask<IReadOnlyList<BatchUnderWay>> ListUnderWayAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(0, static (connection, _) =>
        {
            using var row = connection.Prepared($"{Batches} WHERE {BatchRowMapping.UnderWay} ORDER BY Number").ExecuteReader();
            List<BatchUnderWay> found = [];
            while (row.Read())
                found.Add(new BatchUnderWay(ReadBatch(row), JsonSerializer.Deserialize<BatchDefinition>(row.GetString(12))!, row.GetBoolean(11)));
            return (IReadOnlyList<BatchUnderWay>)found;
        }));
    }

    private static Batch? ReadBatch(ControlConnection connection, long id)
    {
        using var row = connection.Prepared(Batches + " WHERE Number = $id", ("$id", id)).ExecuteReader();
        return row.Read() ? ReadBatch(row) : null;
    }

    private static Batch ReadBatch(SqliteDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Kind = (BatchKind)row.GetInt32(1),
        State = (BatchState)row.GetInt32(2),
        Target = row.GetString(3),
        By = row.GetString(4),
        CreatedTime = SqliteText.Time(row.GetInt64(5)),
        HeldUntil = row.TimeOrNull(6),
        EndedTime = row.TimeOrNull(7),
        Total = row.GetInt32(8),
        Done = row.GetInt32(9),
        Refused = row.GetInt32(10),
    };

    private static BatchItem ReadItem(SqliteDataReader row) => new()
    {
        Place = row.GetInt32(0),
        DeviceId = DeviceId.Parse(row.GetString(1)),
        SubjectId = row.IsDBNull(2) ? null : row.GetInt64(2),
        Done = row.GetBoolean(3),
        MessageId = row.IsDBNull(4) ? null : row.GetInt64(4),
        Refusal = row.TextOrNull(5),
        State = row.IsDBNull(6) ? null : (DeviceBoundState)row.GetInt32(6),
        Outcome = row.IsDBNull(7) ? null : (DeviceBoundOutcome)row.GetInt32(7),
    };

    private static Dictionary<DeviceBoundState, int> ReadStates(ControlConnection connection, long id)
    {
        using var row = connection.Prepared(
            "SELECT m.State, count(*) FROM BatchItems i JOIN DeviceBoundMessages m ON m.Number = i.MessageNumber WHERE i.BatchNumber = $id GROUP BY m.State", ("$id", id)).ExecuteReader();
        var states = new Dictionary<DeviceBoundState, int>();
        while (row.Read())
            states.Add((DeviceBoundState)row.GetInt32(0), row.GetInt32(1));
        return states;
    }

    private static List<(int Place, BatchSubject Subject)> ReadWaiting(ControlConnection connection, long id, int max)
    {
        // They are done in order: how many are done says which is next.
        using var row = connection.Prepared(
            """
            SELECT i.Place, i.DeviceId, i.SubjectNumber FROM BatchItems i
            WHERE i.BatchNumber = $id AND i.Place > (SELECT Done FROM Batches WHERE Number = $id) ORDER BY i.Place LIMIT $max
            """,
            ("$id", id), ("$max", max)).ExecuteReader();
        List<(int, BatchSubject)> waiting = [];
        while (row.Read())
            waiting.Add((row.GetInt32(0), new BatchSubject(DeviceId.Parse(row.GetString(1)), row.IsDBNull(2) ? null : row.GetInt64(2))));
        return waiting;
    }

    private static List<BatchSubject> ReadQueue(ControlConnection connection, DeviceId device)
    {
        using var row = connection.Prepared(
            $"""
            SELECT m.Number FROM DeviceBoundMessages m
            WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $device) AND m.{DeviceBoundMessageRowMapping.Active} ORDER BY m.SequenceNumber
            """,
            ("$device", device.Value)).ExecuteReader();
        List<BatchSubject> queued = [];
        while (row.Read())
            queued.Add(new BatchSubject(device, row.GetInt64(0)));
        return queued;
    }

    private string Seal(string question, long place) => cursors.Seal(question, place.ToString(CultureInfo.InvariantCulture));
}
