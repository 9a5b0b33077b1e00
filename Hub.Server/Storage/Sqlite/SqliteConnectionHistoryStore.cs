using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The connection history in SQLite.</summary>
internal sealed class SqliteConnectionHistoryStore(IDbContextFactory<HubDbContext> contexts, ControlWriter writer) : IConnectionHistoryStore
{
    public async ValueTask AppendAsync(IReadOnlyList<ConnectionHistoryEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
            return;
        await writer.WriteAsync(
            connection =>
            {
                Insert(connection, entries);
                Trim(connection, entries.Select(e => e.DeviceId).Distinct());
                return entries.Count;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<ConnectionHistoryEntry>> ListAsync(DeviceId id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.ConnectionHistory.AsNoTracking()
            .Where(h => h.DeviceId == id.Value).OrderByDescending(h => h.Sequence).ToListAsync(cancellationToken);
        return [.. rows.Select(h => new ConnectionHistoryEntry
        {
            DeviceId = id,
            Time = SqliteText.Time(h.Time),
            Event = h.Event,
            ConnectionId = h.ConnectionId,
            Protocol = h.Protocol,
            RemoteAddress = h.RemoteAddress,
            Reason = h.Reason,
        })];
    }

    /// <summary>
    /// A line of a device that does not exist, or from before it was created, is passed over: strangers' attempts must not fill the
    /// disk, and the end of a deleted device's connection is no business of the one that took its name.
    /// </summary>
    private static void Insert(SqliteConnection connection, IReadOnlyList<ConnectionHistoryEntry> entries)
    {
        using var command = connection.Command(
            """
            INSERT INTO ConnectionHistory (DeviceId, Time, Event, ConnectionId, Protocol, RemoteAddress, Reason)
            SELECT Id, $time, $event, $connectionId, $protocol, $remoteAddress, $reason FROM Devices WHERE Id = $id AND CreatedTime <= $time
            """,
            ("$id", ""), ("$time", 0L), ("$event", 0), ("$connectionId", ""), ("$protocol", ""), ("$remoteAddress", null), ("$reason", null));
        var values = command.Parameters;
        foreach (var entry in entries)
        {
            values[0].Value = entry.DeviceId.Value;
            values[1].Value = entry.Time.UtcTicks;
            values[2].Value = (int)entry.Event;
            values[3].Value = entry.ConnectionId;
            values[4].Value = entry.Protocol;
            values[5].Value = (object?)entry.RemoteAddress ?? DBNull.Value;
            values[6].Value = (object?)entry.Reason ?? DBNull.Value;
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Steps over the lines to keep in the device's own part of the index, and deletes what lies behind them.</summary>
    private static void Trim(SqliteConnection connection, IEnumerable<DeviceId> devices)
    {
        using var command = connection.Command(
            """
            DELETE FROM ConnectionHistory WHERE DeviceId = $id AND Sequence <=
                (SELECT Sequence FROM ConnectionHistory WHERE DeviceId = $id ORDER BY Sequence DESC LIMIT 1 OFFSET $kept)
            """,
            ("$id", ""), ("$kept", IConnectionHistoryStore.KeptPerDevice));
        foreach (var device in devices)
        {
            command.Parameters[0].Value = device.Value;
            command.ExecuteNonQuery();
        }
    }
}
