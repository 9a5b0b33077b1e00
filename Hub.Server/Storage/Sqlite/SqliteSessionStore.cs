using System.Text.Json;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Microsoft.EntityFrameworkCore;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The persistent sessions in SQLite.</summary>
internal sealed class SqliteSessionStore(IDbContextFactory<HubDbContext> contexts, ControlWriter writer) : ISessionStore
{
    public async ValueTask<StoredSession?> FindAsync(DeviceId id, string generationId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Sessions.AsNoTracking()
            .SingleOrDefaultAsync(s => s.DeviceId == id.Value && s.GenerationId == generationId, cancellationToken);
        return row is null ? null : new StoredSession(
            JsonSerializer.Deserialize<Dictionary<string, int>>(row.Subscriptions)!,
            row.ExpiresAt is { } ticks ? SqliteText.Time(ticks) : null);
    }

    /// <summary>A device that is gone, or was created anew, is passed over: a session must not outlive its registration.</summary>
    public async ValueTask SaveAsync(DeviceId id, string generationId, StoredSession session, CancellationToken cancellationToken)
    {
        var subscriptions = JsonSerializer.Serialize(session.Subscriptions);
        await writer.WriteAsync(
            connection => connection.Execute(
                """
                INSERT INTO Sessions (DeviceId, GenerationId, Subscriptions, ExpiresAt)
                SELECT Id, GenerationId, $subscriptions, $expiresAt FROM Devices WHERE Id = $id AND GenerationId = $generationId
                ON CONFLICT (DeviceId) DO UPDATE
                SET GenerationId = excluded.GenerationId, Subscriptions = excluded.Subscriptions, ExpiresAt = excluded.ExpiresAt
                """,
                ("$id", id.Value), ("$generationId", generationId), ("$subscriptions", subscriptions), ("$expiresAt", session.ExpiresAt?.UtcTicks)),
            cancellationToken);
    }

    public async ValueTask RemoveAsync(DeviceId id, CancellationToken cancellationToken) =>
        await writer.WriteAsync(connection => connection.Execute("DELETE FROM Sessions WHERE DeviceId = $id", ("$id", id.Value)), cancellationToken);
}
