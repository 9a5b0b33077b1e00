using System.Collections.Immutable;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteDeviceBoundStore
{
    public ValueTask<DeviceBoundMessage?> FindAsync(long id, CancellationToken cancellationToken) => ReadAsync(
        Messages + " WHERE m.Number = $id", [("$id", id)], static row => row.Read() ? DeviceBoundRows.ReadMessage(row) : null, cancellationToken);

    public ValueTask<DeviceBoundEntry?> FindByLockAsync(DeviceId device, Guid token, CancellationToken cancellationToken) => ReadAsync(
        $"{Entries} WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $device) AND {Active} AND m.LockToken = $token",
        [("$device", device.Value), ("$token", token.ToByteArray())],
        static row => row.Read() ? DeviceBoundRows.ReadEntry(row) : null,
        cancellationToken);

    public ValueTask<IReadOnlyList<DeviceBoundHistoryEntry>> HistoryAsync(long id, CancellationToken cancellationToken) => ReadAsync(
        "SELECT Time, Event, \"By\", Detail FROM DeviceBoundHistory WHERE MessageNumber = $id ORDER BY Sequence", [("$id", id)],
        static row =>
        {
            List<DeviceBoundHistoryEntry> lines = [];
            while (row.Read())
                lines.Add(new DeviceBoundHistoryEntry(SqliteText.Time(row.GetInt64(0)), (DeviceBoundEvent)row.GetInt32(1), row.GetString(2), row.TextOrNull(3)));
            return (IReadOnlyList<DeviceBoundHistoryEntry>)lines;
        },
        cancellationToken);

    public ValueTask<ImmutableArray<long>> FindExpiredAsync(DateTimeOffset now, int max, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT m.Number FROM DeviceBoundMessages m WHERE {Active} AND m.ExpiresAt <= $now ORDER BY m.ExpiresAt LIMIT $max",
        [("$now", now.UtcTicks), ("$max", max)], Numbers, cancellationToken);

    public ValueTask<IReadOnlyList<DeviceId>> FindDueAsync(DateTimeOffset after, DateTimeOffset until, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT DISTINCT m.DeviceId FROM DeviceBoundMessages m WHERE {Active} AND m.NotBefore IS NOT NULL AND m.NotBefore > $after AND m.NotBefore <= $until",
        [("$after", after.UtcTicks), ("$until", until.UtcTicks)],
        static row =>
        {
            List<DeviceId> devices = [];
            while (row.Read())
                devices.Add(DeviceId.Parse(row.GetString(0)));
            return (IReadOnlyList<DeviceId>)devices;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<DeviceBoundEntry>> ListLockedAsync(CancellationToken cancellationToken) => ReadAsync(
        Entries + " WHERE m.State = 1 ORDER BY m.DeviceNumber, m.SequenceNumber", [],
        static row =>
        {
            List<DeviceBoundEntry> locked = [];
            while (row.Read())
                locked.Add(DeviceBoundRows.ReadEntry(row));
            return (IReadOnlyList<DeviceBoundEntry>)locked;
        },
        cancellationToken);

    public ValueTask<ImmutableArray<long>> ListQueueAsync(DeviceId device, int max, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT m.Number FROM DeviceBoundMessages m WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $device) AND {Active} ORDER BY m.SequenceNumber LIMIT $max",
        [("$device", device.Value), ("$max", max)], Numbers, cancellationToken);

    public ValueTask<QueueAhead> FindAheadAsync(DeviceBoundEntry entry, CancellationToken cancellationToken) => ReadAsync(
        $"""
        SELECT COUNT(*), TOTAL(m.State = 1), MAX(CASE m.State WHEN 1 THEN m.LockedUntil END), TOTAL(m.HeldBy IS NOT NULL) FROM DeviceBoundMessages m
        WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $device AND GenerationId = $generation) AND {Active} AND m.SequenceNumber < $sequence
        """,
        [("$device", entry.DeviceId.Value), ("$generation", entry.GenerationId), ("$sequence", entry.SequenceNumber)],
        static row => row.Read() ? new QueueAhead(row.GetInt32(0), (int)row.GetDouble(1), row.TimeOrNull(2), (int)row.GetDouble(3)) : new QueueAhead(0, 0, null, 0),
        cancellationToken);

    public ValueTask<DeviceBoundPage> ListQueueAsync(DeviceId device, string generationId, int limit, string? cursor, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var question = $"queue {generationId} {device}";
        var after = cursor is null ? default : DeviceBoundPlace.Parse(cursors.Open(question, cursor));
        return ReadAsync(
            $"""
            {Messages} WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $device AND GenerationId = $generation) AND {Active}
                AND m.SequenceNumber > $after ORDER BY m.SequenceNumber
            """,
            [("$device", device.Value), ("$generation", generationId), ("$after", after.Key)],
            row => ReadPage(row, limit, null, question, static entry => new DeviceBoundPlace(entry.SequenceNumber, entry.Id)),
            cancellationToken);
    }

    private static ImmutableArray<long> Numbers(SqliteDataReader row)
    {
        var numbers = ImmutableArray.CreateBuilder<long>();
        while (row.Read())
            numbers.Add(row.GetInt64(0));
        return numbers.DrainToImmutable();
    }

    private ValueTask<T> ReadAsync<T>(string sql, (string Name, object? Value)[] parameters, Func<SqliteDataReader, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read((sql, parameters, read), static (connection, state) =>
        {
            using var row = connection.Prepared(state.sql, state.parameters).ExecuteReader();
            return state.read(row);
        }));
    }
}
