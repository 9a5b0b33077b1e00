using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The connection history in SQLite.</summary>
internal sealed class SqliteConnectionHistoryStore(ControlReaders readers, ControlWriter writer) : IConnectionHistoryStore
{
    private const string ListSql =
        """
        SELECT h.Time, h.Event, h.ConnectionId, h.Protocol, h.RemoteAddress, h.Reason FROM Devices d
        JOIN ConnectionHistory h ON h.DeviceNumber = d.Number WHERE d.Id = $id ORDER BY h.Sequence DESC
        """;

    public async ValueTask AppendAsync(IReadOnlyList<ConnectionHistoryLine> lines, CancellationToken cancellationToken)
    {
        if (lines.Count == 0)
            return;
        await writer.WriteAsync(
            connection =>
            {
                Insert(connection, lines);
                // Refusals first, so that they take no place among all.
                Trim(connection, lines, ConnectionEvent.Refused, IConnectionHistoryStore.KeptRefusals);
                Trim(connection, lines, null, IConnectionHistoryStore.KeptPerDevice);
                return lines.Count;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(DeviceId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(id, static (reader, id) =>
        {
            var command = reader.Prepared(ListSql);
            command.Parameters.AddWithValue("$id", id.Value);
            using var row = command.ExecuteReader();
            List<ConnectionHistoryEntry> entries = [];
            while (row.Read())
            {
                entries.Add(new ConnectionHistoryEntry
                {
                    DeviceId = id,
                    Time = SqliteText.Time(row.GetInt64(0)),
                    Event = (ConnectionEvent)row.GetInt32(1),
                    ConnectionId = row.GetString(2),
                    Protocol = row.GetString(3),
                    RemoteAddress = row.TextOrNull(4),
                    Reason = row.TextOrNull(5),
                });
            }

            return (IReadOnlyList<ConnectionHistoryEntry>)entries;
        }));
    }

    /// <summary>
    /// A line of a device that does not exist, or of another generation, is passed over: strangers' attempts must not fill the disk,
    /// and the end of a deleted device's connection is no business of the one that took its name.
    /// </summary>
    private static void Insert(ControlConnection connection, IReadOnlyList<ConnectionHistoryLine> lines)
    {
        var command = connection.Prepared(
            """
            INSERT INTO ConnectionHistory (DeviceNumber, Time, Event, ConnectionId, Protocol, RemoteAddress, Reason)
            SELECT Number, $time, $event, $connectionId, $protocol, $remoteAddress, $reason FROM Devices
            WHERE Id = $id AND GenerationId = coalesce($generationId, GenerationId)
            """,
            ("$id", ""), ("$time", 0L), ("$event", 0), ("$connectionId", ""), ("$protocol", ""), ("$remoteAddress", null), ("$reason", null),
            ("$generationId", null));
        var values = command.Parameters;
        foreach (var (entry, generationId) in lines)
        {
            values[0].Value = entry.DeviceId.Value;
            values[1].Value = entry.Time.UtcTicks;
            values[2].Value = (int)entry.Event;
            values[3].Value = entry.ConnectionId;
            values[4].Value = entry.Protocol;
            values[5].Value = (object?)entry.RemoteAddress ?? DBNull.Value;
            values[6].Value = (object?)entry.Reason ?? DBNull.Value;
            values[7].Value = (object?)generationId ?? DBNull.Value;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>
    /// Steps over the lines to keep in the device's own part of the index, and deletes what lies behind them: lines of one event, or of
    /// any when none is given.
    /// </summary>
    private static void Trim(ControlConnection connection, IReadOnlyList<ConnectionHistoryLine> added, ConnectionEvent? what, int kept)
    {
        var ofEvent = what is null ? "" : "AND Event = $event";
        var command = connection.Prepared(
            $"""
            WITH device AS MATERIALIZED (SELECT Number FROM Devices WHERE Id = $id)
            DELETE FROM ConnectionHistory WHERE DeviceNumber = (SELECT Number FROM device) {ofEvent} AND Sequence <=
                (SELECT Sequence FROM ConnectionHistory WHERE DeviceNumber = (SELECT Number FROM device) {ofEvent} ORDER BY Sequence DESC LIMIT 1 OFFSET $kept)
            """,
            ("$id", ""), ("$kept", kept), ("$event", (int?)what));
        foreach (var device in added.Where(line => what is null || line.Entry.Event == what).Select(line => line.Entry.DeviceId).Distinct())
        {
            command.Parameters[0].Value = device.Value;
            command.ExecuteNonQuery();
        }
    }
}
