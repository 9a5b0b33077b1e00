using System.Collections.Immutable;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Storage.Model;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The cloud-to-device messages in SQLite. In plain SQL: every message passes here three times on its way.</summary>
internal sealed partial class SqliteDeviceBoundStore(ControlReaders readers, ControlWriter writer, CursorSeal cursors) : IDeviceBoundStore
{
    private const string Entries = DeviceBoundWrites.Entries;
    private const string Messages = DeviceBoundWrites.Messages;

    private const string Active = "m." + DeviceBoundMessageRowMapping.Active;

    /// <summary>The sequence number of the first that is held back; what is behind it keeps its place behind it.</summary>
    private const string FirstHeld =
        "IFNULL((SELECT h.SequenceNumber FROM DeviceBoundMessages h WHERE h.DeviceNumber = m.DeviceNumber AND h.State = 0 AND h." + DeviceBoundMessageRowMapping.Held
        + " ORDER BY h.SequenceNumber LIMIT 1), 9223372036854775807)";

    public event Action<ImmutableArray<DeviceBoundTransition>>? Committed;

    public ValueTask<EnqueueResult> EnqueueAsync(NewDeviceBound message, int maxDepth, CancellationToken cancellationToken)
    {
        // Made here, not in the writer, where all others would wait for it.
        var (system, own) = (DeviceBoundRows.JsonOf(message.Message.SystemProperties.Items), DeviceBoundRows.JsonOf(message.Message.Properties.Items));
        return writer.WriteAsync(
            connection => DeviceBoundWrites.Enqueue(connection, message, system, own, maxDepth),
            result =>
            {
                if (result is EnqueueResult.Enqueued stored)
                    Committed?.Invoke([DeviceBoundTransition.Enqueued(stored.Message.Entry, message.By)]);
            },
            cancellationToken);
    }

    public ValueTask<ImmutableArray<DeviceBoundMessage>> LeaseAsync(
        DeviceId device, string generationId, int max, DateTimeOffset now, DeviceBoundRule lease, CancellationToken cancellationToken)
    {
        var changes = ImmutableArray<DeviceBoundTransition>.Empty;
        return writer.WriteAsync(
            connection =>
            {
                var taken = ReadWaiting(connection, device, generationId, max, now);
                changes = [.. taken.Select(item => DeviceBoundWrites.Apply(connection, item.Message.Entry, item.DeviceNumber, lease)).OfType<DeviceBoundTransition>()];
                return taken.Zip(changes, (item, change) => item.Message with { Entry = change.After }).ToImmutableArray();
            },
            _ => Raise(changes),
            cancellationToken);
    }

    public ValueTask<ImmutableArray<DeviceBoundTransition>> ChangeAsync(ImmutableArray<long> ids, DeviceBoundRule rule, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection =>
            {
                var changes = ImmutableArray.CreateBuilder<DeviceBoundTransition>(ids.Length);
                foreach (var id in ids)
                {
                    if (DeviceBoundWrites.ReadEntry(connection, id) is var (entry, device) && DeviceBoundWrites.Apply(connection, entry, device, rule) is { } change)
                        changes.Add(change);
                }

                return changes.DrainToImmutable();
            },
            Raise,
            cancellationToken);

    public ValueTask<int> DropEndedAsync(DeviceBoundState state, DateTimeOffset before, int max, CancellationToken cancellationToken) => writer.WriteAsync(
        connection =>
        {
            var ended = ReadEntries(
                connection,
                $"""
                {Entries} INDEXED BY {DeviceBoundMessageRowMapping.EndIndex}
                WHERE m.{DeviceBoundMessageRowMapping.Ended} AND m.State = $state AND m.SettledTime < $before ORDER BY m.SettledTime LIMIT $max
                """,
                ("$state", (int)state), ("$before", before.UtcTicks), ("$max", max));
            foreach (var entry in ended)
                DeviceBoundWrites.Delete(connection, entry);
            return ended.Count;
        },
        cancellationToken);

    /// <summary>Ends what is in the queue of a device that is about to be deleted, in the transaction that deletes it.</summary>
    public static ImmutableArray<DeviceBoundTransition> PurgeWithDevice(ControlConnection connection, long device, DateTimeOffset now)
    {
        var queued = ReadEntries(connection, $"{Entries} WHERE m.DeviceNumber = $device AND {Active} ORDER BY m.SequenceNumber", ("$device", device));
        return [.. queued.Select(entry => DeviceBoundWrites.Apply(
            connection, entry, device, waiting => DeviceBoundRules.Purge(waiting, DeviceBoundRules.Hub, "The device was deleted.", now))).OfType<DeviceBoundTransition>()];
    }

    /// <summary>Tells of what is committed.</summary>
    public void Raise(ImmutableArray<DeviceBoundTransition> changes)
    {
        if (changes.Length > 0)
            Committed?.Invoke(changes);
    }

    private static List<(DeviceBoundMessage Message, long DeviceNumber)> ReadWaiting(
        ControlConnection connection, DeviceId device, string generationId, int max, DateTimeOffset now)
    {
        using var row = connection.Prepared(
            $"""
            {Messages}
            WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $id AND GenerationId = $generationId) AND {Active} AND m.State = 0
                AND (m.NotBefore IS NULL OR m.NotBefore <= $now) AND m.ExpiresAt > $now
                AND m.SequenceNumber < {FirstHeld}
            ORDER BY m.SequenceNumber LIMIT $max
            """,
            ("$id", device.Value), ("$generationId", generationId), ("$now", now.UtcTicks), ("$max", max)).ExecuteReader();
        List<(DeviceBoundMessage, long)> taken = [];
        while (row.Read())
            taken.Add((DeviceBoundRows.ReadMessage(row), DeviceBoundRows.DeviceNumberOf(row)));
        return taken;
    }

    private static List<DeviceBoundEntry> ReadEntries(ControlConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var row = connection.Prepared(sql, parameters).ExecuteReader();
        List<DeviceBoundEntry> entries = [];
        while (row.Read())
            entries.Add(DeviceBoundRows.ReadEntry(row));
        return entries;
    }
}
