using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Storage.Model;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The devices in SQLite. In plain SQL: finding one is what 10,000 reconnecting devices wait on, and every change is conditional.</summary>
internal sealed partial class SqliteDeviceStore(ControlReaders readers, ControlWriter writer, CursorSeal cursors, IKeyProtector protector) : IDeviceStore
{
    private const string FindSql = $"SELECT {DeviceRows.Columns} FROM Devices d WHERE d.Id = $id";

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
            connection => connection.Execute(
                """
                INSERT INTO Devices (Id, GenerationId, ETag, Status, StatusReason, StatusUpdatedTime, CreatedTime, AuthenticationType,
                    PrimaryKey, SecondaryKey, PrimaryThumbprint, SecondaryThumbprint, Tags, SearchText, TagText,
                    ConnectionState, ConnectionStateUpdatedTime, LastActivityTime, Protocol, DisconnectReason)
                VALUES ($id, $generationId, $etag, $status, $statusReason, $statusUpdated, $created, $authentication,
                    $primaryKey, $secondaryKey, $primaryThumbprint, $secondaryThumbprint, $tags, $searchText, $tagText,
                    $state, $stateUpdated, $lastActivity, $protocol, $disconnectReason)
                ON CONFLICT (Id) DO NOTHING
                """,
                [
                    ("$id", row.Id), ("$generationId", row.GenerationId), ("$created", row.CreatedTime), .. Registration(row),
                    ("$state", (int)row.ConnectionState), ("$stateUpdated", row.ConnectionStateUpdatedTime),
                    ("$lastActivity", row.LastActivityTime), ("$protocol", row.Protocol), ("$disconnectReason", row.DisconnectReason),
                ]) == 1,
            cancellationToken);
    }

    public ValueTask<bool> TryUpdateAsync(Device device, string expectedETag, CancellationToken cancellationToken)
    {
        var row = _rows.ToRow(device);
        return writer.WriteAsync(
            connection => connection.Execute(
                """
                UPDATE Devices SET ETag = $etag, Status = $status, StatusReason = $statusReason, StatusUpdatedTime = $statusUpdated,
                    AuthenticationType = $authentication, PrimaryKey = $primaryKey, SecondaryKey = $secondaryKey,
                    PrimaryThumbprint = $primaryThumbprint, SecondaryThumbprint = $secondaryThumbprint,
                    Tags = $tags, SearchText = $searchText, TagText = $tagText
                WHERE Id = $id AND GenerationId = $generationId AND ETag = $expected
                """,
                [("$id", row.Id), ("$generationId", row.GenerationId), ("$expected", expectedETag), .. Registration(row)]) == 1,
            cancellationToken);
    }

    /// <summary>Sessions and history go by their foreign keys.</summary>
    public ValueTask<bool> TryRemoveAsync(DeviceId id, string expectedETag, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => connection.Execute("DELETE FROM Devices WHERE Id = $id AND ETag = $expected", ("$id", id.Value), ("$expected", expectedETag)) == 1,
        cancellationToken);

    public ValueTask<DeviceCounts> CountAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(0, static (reader, _) =>
        {
            using var row = reader.Prepared("SELECT Status, count(*) FROM Devices GROUP BY Status").ExecuteReader();
            var (enabled, disabled) = (0, 0);
            while (row.Read())
            {
                if ((DeviceStatus)row.GetInt32(0) == DeviceStatus.Enabled)
                    enabled = row.GetInt32(1);
                else
                    disabled = row.GetInt32(1);
            }

            return new DeviceCounts(enabled + disabled, enabled, disabled);
        }));
    }

    /// <summary>What a registration's change replaces.</summary>
    private static (string Name, object? Value)[] Registration(DeviceRow row) =>
    [
        ("$etag", row.ETag), ("$status", (int)row.Status), ("$statusReason", row.StatusReason), ("$statusUpdated", row.StatusUpdatedTime),
        ("$authentication", (int)row.AuthenticationType), ("$primaryKey", row.PrimaryKey), ("$secondaryKey", row.SecondaryKey),
        ("$primaryThumbprint", row.PrimaryThumbprint), ("$secondaryThumbprint", row.SecondaryThumbprint),
        ("$tags", row.Tags), ("$searchText", row.SearchText), ("$tagText", row.TagText),
    ];
}
