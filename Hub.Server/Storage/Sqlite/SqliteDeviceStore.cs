using System.Collections.Immutable;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage.Model;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The devices in SQLite. In plain SQL: finding one is what 10,000 reconnecting devices wait on, and every change is conditional.</summary>
internal sealed partial class SqliteDeviceStore(
    ControlReaders readers, ControlWriter writer, CursorSeal cursors, IKeyProtector protector, SqliteDeviceBoundStore messages, TimeProvider time) : IDeviceStore
{
    private const string FindSql = $"SELECT {DeviceRows.Columns} FROM {DeviceRows.Tables} WHERE d.Id = $id";

    private readonly DeviceRows _rows = new(protector);

    public ValueTask<Device?> FindAsync(DeviceId id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read((Rows: _rows, Id: id), static (reader, state) =>
        {
            var command = reader.Prepared(FindSql);
            command.Parameters.AddWithValue("$id", state.Id.Value);
            using var row = command.ExecuteReader();
            return row.Read() ? state.Rows.Read(row) : null;
        }));
    }

    public ValueTask<bool> TryAddAsync(Device device, CancellationToken cancellationToken)
    {
        // Encrypted here, not in the writer, where all others would wait for it.
        var row = _rows.ToRow(device);
        return writer.WriteAsync(
            connection =>
            {
                var number = connection.Scalar(
                    """
                    INSERT INTO Devices (Id, GenerationId, ETag, Status, StatusReason, StatusUpdatedTime, CreatedTime, AuthenticationType,
                        PrimaryKey, SecondaryKey, PrimaryThumbprint, SecondaryThumbprint, Tags, SearchText)
                    VALUES ($id, $generationId, $etag, $status, $statusReason, $statusUpdated, $created, $authentication,
                        $primaryKey, $secondaryKey, $primaryThumbprint, $secondaryThumbprint, $tags, $searchText)
                    ON CONFLICT (Id) DO NOTHING RETURNING Number
                    """,
                    [("$id", row.Id), ("$generationId", row.GenerationId), ("$created", row.CreatedTime), .. Registration(row)]);
                if (number is null)
                    return false;
                AddPresence(connection, DeviceRows.ToPresenceRow(device, number.Value));
                AddTags(connection, number.Value, device.Tags);
                return true;
            },
            cancellationToken);
    }

    public ValueTask<bool> TryUpdateAsync(Device device, string expectedETag, CancellationToken cancellationToken)
    {
        var row = _rows.ToRow(device);
        return writer.WriteAsync(
            connection =>
            {
                var number = connection.Scalar(
                    """
                    UPDATE Devices SET ETag = $etag, Status = $status, StatusReason = $statusReason, StatusUpdatedTime = $statusUpdated,
                        AuthenticationType = $authentication, PrimaryKey = $primaryKey, SecondaryKey = $secondaryKey,
                        PrimaryThumbprint = $primaryThumbprint, SecondaryThumbprint = $secondaryThumbprint,
                        Tags = $tags, SearchText = $searchText
                    WHERE Id = $id AND GenerationId = $generationId AND ETag = $expected RETURNING Number
                    """,
                    [("$id", row.Id), ("$generationId", row.GenerationId), ("$expected", expectedETag), .. Registration(row)]);
                if (number is null)
                    return false;
                connection.Execute("UPDATE Presence SET Status = $status WHERE DeviceNumber = $number", ("$status", (int)row.Status), ("$number", number));
                connection.Execute("DELETE FROM DeviceTags WHERE DeviceNumber = $number", ("$number", number));
                AddTags(connection, number.Value, device.Tags);
                return true;
            },
            cancellationToken);
    }

    /// <summary>
    /// Presence, tags, sessions, history and the queue go by their foreign keys. Messages that waited in the queue are dead-lettered before:
    /// they can be read then, and sent again to whoever takes the id.
    /// </summary>
    public ValueTask<bool> TryRemoveAsync(DeviceId id, string expectedETag, CancellationToken cancellationToken)
    {
        ImmutableArray<DeviceBoundTransition> purged = [];
        return writer.WriteAsync(
            connection =>
            {
                var number = connection.Scalar("SELECT Number FROM Devices WHERE Id = $id AND ETag = $expected", ("$id", id.Value), ("$expected", expectedETag));
                if (number is null)
                    return false;
                purged = SqliteDeviceBoundStore.PurgeWithDevice(connection, number.Value, time.GetUtcNow());
                return connection.Execute("DELETE FROM Devices WHERE Number = $number", ("$number", number)) == 1;
            },
            _ => messages.Raise(purged),
            cancellationToken);
    }

    public ValueTask<DeviceCounts> CountAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(0, static (reader, _) =>
        {
            // In the order of the index, so that nothing is gathered for it.
            using var row = reader.Prepared(
                $"SELECT Status, count(*) FROM Presence INDEXED BY {PresenceRowMapping.StateIndex} GROUP BY ConnectionState, Status").ExecuteReader();
            var (enabled, disabled) = (0, 0);
            while (row.Read())
            {
                if ((DeviceStatus)row.GetInt32(0) == DeviceStatus.Enabled)
                    enabled += row.GetInt32(1);
                else
                    disabled += row.GetInt32(1);
            }

            return new DeviceCounts(enabled + disabled, enabled, disabled);
        }));
    }

    private static void AddPresence(ControlConnection connection, PresenceRow row) => connection.Execute(
        """
        INSERT INTO Presence (DeviceNumber, Status, ConnectionState, ConnectionStateUpdatedTime, LastActivityTime, Protocol, DisconnectReason)
        VALUES ($number, $status, $state, $stateUpdated, $lastActivity, $protocol, $disconnectReason)
        """,
        ("$number", row.DeviceNumber), ("$status", (int)row.Status), ("$state", (int)row.ConnectionState),
        ("$stateUpdated", row.ConnectionStateUpdatedTime), ("$lastActivity", row.LastActivityTime), ("$protocol", row.Protocol),
        ("$disconnectReason", row.DisconnectReason));

    private static void AddTags(ControlConnection connection, long number, ImmutableSortedDictionary<string, string> tags)
    {
        foreach (var (name, value) in tags)
        {
            connection.Execute(
                "INSERT INTO DeviceTags (DeviceNumber, Name, Value) VALUES ($number, $name, $value)",
                ("$number", number), ("$name", name), ("$value", value));
        }
    }

    /// <summary>What a registration's change replaces.</summary>
    private static (string Name, object? Value)[] Registration(DeviceRow row) =>
    [
        ("$etag", row.ETag), ("$status", (int)row.Status), ("$statusReason", row.StatusReason), ("$statusUpdated", row.StatusUpdatedTime),
        ("$authentication", (int)row.AuthenticationType), ("$primaryKey", row.PrimaryKey), ("$secondaryKey", row.SecondaryKey),
        ("$primaryThumbprint", row.PrimaryThumbprint), ("$secondaryThumbprint", row.SecondaryThumbprint),
        ("$tags", row.Tags), ("$searchText", row.SearchText),
    ];
}
