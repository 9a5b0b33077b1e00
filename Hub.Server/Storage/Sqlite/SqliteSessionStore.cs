using System.Text.Json;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The persistent sessions in SQLite.</summary>
internal sealed class SqliteSessionStore(ControlReaders readers, ControlWriter writer) : ISessionStore
{
    private const string FindSql =
        "SELECT s.Subscriptions, s.ExpiresAt, s.Expiry FROM Devices d JOIN Sessions s ON s.DeviceNumber = d.Number WHERE d.Id = $id AND d.GenerationId = $generationId";

    /// <summary>In plain SQL: reconnecting devices wait on it.</summary>
    public ValueTask<StoredSession?> FindAsync(DeviceId id, string generationId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read((Id: id, GenerationId: generationId), static (reader, state) =>
        {
            var command = reader.Prepared(FindSql);
            command.Parameters.AddWithValue("$id", state.Id.Value);
            command.Parameters.AddWithValue("$generationId", state.GenerationId);
            using var row = command.ExecuteReader();
            return row.Read()
                ? new StoredSession(JsonSerializer.Deserialize<Dictionary<string, int>>(row.GetString(0))!, row.TimeOrNull(1), row.IsDBNull(2) ? null : TimeSpan.FromTicks(row.GetInt64(2)))
                : null;
        }));
    }

    /// <summary>A device that is gone, or was created anew, is passed over: a session must not outlive its registration.</summary>
    public async ValueTask SaveAsync(DeviceId id, string generationId, StoredSession session, CancellationToken cancellationToken)
    {
        var subscriptions = JsonSerializer.Serialize(session.Subscriptions);
        await writer.WriteAsync(
            connection => connection.Execute(
                """
                INSERT INTO Sessions (DeviceNumber, Subscriptions, ExpiresAt, Expiry)
                SELECT Number, $subscriptions, $expiresAt, $expiry FROM Devices WHERE Id = $id AND GenerationId = $generationId
                ON CONFLICT (DeviceNumber) DO UPDATE
                SET Subscriptions = excluded.Subscriptions, ExpiresAt = excluded.ExpiresAt, Expiry = excluded.Expiry
                """,
                ("$id", id.Value), ("$generationId", generationId), ("$subscriptions", subscriptions), ("$expiresAt", session.ExpiresAt?.UtcTicks),
                ("$expiry", session.Expiry?.Ticks)),
            cancellationToken);
    }

    public async ValueTask EndAbandonedAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            connection => connection.Execute(
                "UPDATE Sessions SET ExpiresAt = $now + Expiry WHERE ExpiresAt IS NULL AND Expiry IS NOT NULL", ("$now", now.UtcTicks)),
            cancellationToken);

    public async ValueTask RemoveAsync(DeviceId id, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            connection => connection.Execute(
                "DELETE FROM Sessions WHERE DeviceNumber = (SELECT Number FROM Devices WHERE Id = $id)", ("$id", id.Value)),
            cancellationToken);
}
