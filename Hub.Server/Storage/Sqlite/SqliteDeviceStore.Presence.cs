using Hub.Server.Registry;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteDeviceStore
{
    public async ValueTask UpdatePresenceAsync(IReadOnlyList<PresenceUpdate> updates, CancellationToken cancellationToken)
    {
        if (updates.Count == 0)
            return;
        await writer.WriteAsync(
            connection =>
            {
                var command = connection.Prepared(
                    """
                    UPDATE Presence SET ConnectionState = $state, ConnectionStateUpdatedTime = $stateUpdated, LastActivityTime = $lastActivity,
                        Protocol = $protocol, DisconnectReason = CASE $state WHEN $connected THEN DisconnectReason ELSE $disconnectReason END
                    WHERE DeviceNumber = (SELECT Number FROM Devices WHERE Id = $id AND GenerationId = $generationId)
                    """,
                    ("$state", 0), ("$stateUpdated", null), ("$lastActivity", 0L), ("$protocol", null), ("$disconnectReason", null), ("$id", ""), ("$generationId", ""), ("$connected", (int)ConnectionState.Connected));
                var values = command.Parameters;
                foreach (var (id, generationId, presence) in updates)
                {
                    values[0].Value = (int)presence.ConnectionState;
                    values[1].Value = (object?)presence.ConnectionStateUpdatedTime?.UtcTicks ?? DBNull.Value;
                    values[2].Value = presence.LastActivityTime?.UtcTicks ?? 0;
                    values[3].Value = (object?)presence.Protocol ?? DBNull.Value;
                    values[4].Value = (object?)presence.DisconnectReason ?? DBNull.Value;
                    values[5].Value = id.Value;
                    values[6].Value = generationId;
                    command.ExecuteNonQuery();
                }

                return updates.Count;
            },
            cancellationToken);
    }

    public async ValueTask UpdateActivityAsync(IReadOnlyList<ActivityUpdate> updates, CancellationToken cancellationToken)
    {
        if (updates.Count == 0)
            return;
        await writer.WriteAsync(
            connection =>
            {
                var command = connection.Prepared(
                    """
                    UPDATE Presence SET LastActivityTime = max(LastActivityTime, $time)
                    WHERE DeviceNumber = (SELECT Number FROM Devices WHERE Id = $id AND GenerationId = $generationId)
                    """,
                    ("$time", 0L), ("$id", ""), ("$generationId", ""));
                var values = command.Parameters;
                foreach (var (id, generationId, time) in updates)
                {
                    values[0].Value = time.UtcTicks;
                    values[1].Value = id.Value;
                    values[2].Value = generationId;
                    command.ExecuteNonQuery();
                }

                return updates.Count;
            },
            cancellationToken);
    }

    public async ValueTask ResetPresenceAsync(string reason, DateTimeOffset time, CancellationToken cancellationToken) => await writer.WriteAsync(
        connection => connection.Execute(
            "UPDATE Presence SET ConnectionState = $off, ConnectionStateUpdatedTime = $time, Protocol = NULL, DisconnectReason = $reason WHERE ConnectionState = $on",
            ("$off", (int)ConnectionState.Disconnected), ("$on", (int)ConnectionState.Connected), ("$time", time.UtcTicks), ("$reason", reason)),
        cancellationToken);
}
