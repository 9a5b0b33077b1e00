using System.Collections.Immutable;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Storage.Model;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The cloud-to-device messages in SQLite. In plain SQL: every message passes here three times on its way.</summary>
internal sealed partial class SqliteDeviceBoundStore(ControlReaders readers, ControlWriter writer, CursorSeal cursors) : IDeviceBoundStore
{
    private const string Entries = $"SELECT {DeviceBoundRows.EntryColumns} FROM DeviceBoundMessages m";
    private const string Messages =
        $"SELECT {DeviceBoundRows.EntryColumns}, {DeviceBoundRows.EnvelopeColumns} FROM DeviceBoundMessages m JOIN DeviceBoundEnvelopes e ON e.Number = m.Number";

    private const string Active = "m." + DeviceBoundMessageRowMapping.Active;

    public event Action<ImmutableArray<DeviceBoundTransition>>? Committed;

    public ValueTask<EnqueueResult> EnqueueAsync(NewDeviceBound message, int maxDepth, CancellationToken cancellationToken)
    {
        // Made here, not in the writer, where all others would wait for it.
        var (system, own) = (DeviceBoundRows.JsonOf(message.Message.SystemProperties.Items), DeviceBoundRows.JsonOf(message.Message.Properties.Items));
        return writer.WriteAsync(
            connection => Enqueue(connection, message, system, own, maxDepth),
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
                changes = [.. taken.Select(item => Apply(connection, item.Message.Entry, item.DeviceNumber, lease)).OfType<DeviceBoundTransition>()];
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
                    if (ReadEntry(connection, id) is var (entry, device) && Apply(connection, entry, device, rule) is { } change)
                        changes.Add(change);
                }

                return changes.DrainToImmutable();
            },
            Raise,
            cancellationToken);

    public ValueTask<int> DropEndedAsync(DeviceBoundState state, DateTimeOffset before, int max, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => connection.Execute(
            $"""
            DELETE FROM DeviceBoundMessages WHERE Number IN
                (SELECT Number FROM DeviceBoundMessages INDEXED BY {DeviceBoundMessageRowMapping.EndIndex}
                WHERE {DeviceBoundMessageRowMapping.Ended} AND State = $state AND SettledTime < $before ORDER BY SettledTime LIMIT $max)
            """,
            ("$state", (int)state), ("$before", before.UtcTicks), ("$max", max)),
        cancellationToken);

    /// <summary>Ends what is in the queue of a device that is about to be deleted, in the transaction that deletes it.</summary>
    public static ImmutableArray<DeviceBoundTransition> PurgeWithDevice(ControlConnection connection, long device, DateTimeOffset now)
    {
        List<DeviceBoundEntry> queued = [];
        using (var row = connection.Prepared($"{Entries} WHERE m.DeviceNumber = $device AND {Active} ORDER BY m.SequenceNumber", ("$device", device)).ExecuteReader())
        {
            while (row.Read())
                queued.Add(DeviceBoundRows.ReadEntry(row));
        }

        return [.. queued.Select(entry => Apply(
            connection, entry, device, waiting => DeviceBoundRules.Purge(waiting, DeviceBoundRules.Hub, "The device was deleted.", now))).OfType<DeviceBoundTransition>()];
    }

    /// <summary>Tells of what is committed.</summary>
    public void Raise(ImmutableArray<DeviceBoundTransition> changes)
    {
        if (changes.Length > 0)
            Committed?.Invoke(changes);
    }

    private static EnqueueResult Enqueue(ControlConnection connection, NewDeviceBound message, string system, string own, int maxDepth)
    {
        // 1. Whose queue.
        long device;
        string generationId;
        using (var row = connection.Prepared("SELECT Number, GenerationId FROM Devices WHERE Id = $id", ("$id", message.DeviceId.Value)).ExecuteReader())
        {
            if (!row.Read())
                return new EnqueueResult.DeviceNotFound();
            (device, generationId) = (row.GetInt64(0), row.GetString(1));
        }

        // 2. Sent before?
        if (message is { IsOwnId: true, Origin: null } && ReadFirst(connection, device, message.MessageId) is { } first)
            return new EnqueueResult.Duplicate(first);

        // 3. Room, and the place in the queue.
        var sequenceNumber = connection.Scalar(
            """
            INSERT INTO DeviceBoundQueues (DeviceNumber, LastSequence, Depth) VALUES ($device, 1, 1)
            ON CONFLICT (DeviceNumber) DO UPDATE SET LastSequence = LastSequence + 1, Depth = Depth + 1 WHERE Depth < $max
            RETURNING LastSequence
            """,
            ("$device", device), ("$max", maxDepth));
        if (sequenceNumber is null)
            return new EnqueueResult.QueueFull(maxDepth);

        // 4. The message, and the first line of its history.
        var id = connection.Scalar(
            """
            INSERT INTO DeviceBoundMessages (DeviceNumber, DeviceId, GenerationId, SequenceNumber, MessageId, Ack, EnqueuedTime, ExpiresAt, NotBefore,
                State, DeliveryCount, OriginNumber, Attempt)
            VALUES ($device, $deviceId, $generationId, $sequenceNumber, $messageId, $ack, $enqueued, $expires, $notBefore, 0, 0, $origin, $attempt) RETURNING Number
            """,
            ("$device", device), ("$deviceId", message.DeviceId.Value), ("$generationId", generationId), ("$sequenceNumber", sequenceNumber),
            ("$messageId", message.MessageId), ("$ack", (int)message.Ack), ("$enqueued", message.EnqueuedTime.UtcTicks),
            ("$expires", message.ExpiresAt.UtcTicks), ("$notBefore", message.NotBefore?.UtcTicks),
            ("$origin", message.Origin?.Id), ("$attempt", message.Attempt))!.Value;
        connection.Execute(
            "INSERT INTO DeviceBoundEnvelopes (Number, SystemProperties, Properties, Body) VALUES ($id, $system, $own, $body)",
            ("$id", id), ("$system", system), ("$own", own), ("$body", message.Message.Body.ToArray()));
        var entry = new DeviceBoundEntry
        {
            Id = id,
            DeviceId = message.DeviceId,
            GenerationId = generationId,
            SequenceNumber = sequenceNumber.Value,
            MessageId = message.MessageId,
            Ack = message.Ack,
            EnqueuedTime = message.EnqueuedTime,
            ExpiresAt = message.ExpiresAt,
            NotBefore = message.NotBefore,
            OriginId = message.Origin?.Id,
            Attempt = message.Attempt,
        };
        AddHistory(connection, DeviceBoundTransition.Enqueued(entry, message.By));
        return new EnqueueResult.Enqueued(new DeviceBoundMessage(entry, message.Message));
    }

    private static List<(DeviceBoundMessage Message, long DeviceNumber)> ReadWaiting(
        ControlConnection connection, DeviceId device, string generationId, int max, DateTimeOffset now)
    {
        using var row = connection.Prepared(
            $"""
            {Messages}
            WHERE m.DeviceNumber = (SELECT Number FROM Devices WHERE Id = $id AND GenerationId = $generationId) AND {Active} AND m.State = 0
                AND (m.NotBefore IS NULL OR m.NotBefore <= $now) AND m.ExpiresAt > $now
            ORDER BY m.SequenceNumber LIMIT $max
            """,
            ("$id", device.Value), ("$generationId", generationId), ("$now", now.UtcTicks), ("$max", max)).ExecuteReader();
        List<(DeviceBoundMessage, long)> taken = [];
        while (row.Read())
            taken.Add((DeviceBoundRows.ReadMessage(row), DeviceBoundRows.DeviceNumberOf(row)));
        return taken;
    }

    private static (DeviceBoundEntry Entry, long DeviceNumber)? ReadEntry(ControlConnection connection, long id)
    {
        using var row = connection.Prepared(Entries + " WHERE m.Number = $id", ("$id", id)).ExecuteReader();
        return row.Read() ? (DeviceBoundRows.ReadEntry(row), DeviceBoundRows.DeviceNumberOf(row)) : null;
    }

    private static DeviceBoundMessage? ReadFirst(ControlConnection connection, long device, string messageId)
    {
        using var row = connection.Prepared(
            Messages + " WHERE m.DeviceNumber = $device AND m.MessageId = $messageId AND m.OriginNumber IS NULL",
            ("$device", device), ("$messageId", messageId)).ExecuteReader();
        return row.Read() ? DeviceBoundRows.ReadMessage(row) : null;
    }

    /// <summary>Applies a rule and stores what follows from it: the new state, the history, the queue's depth, the feedback record.</summary>
    private static DeviceBoundTransition? Apply(ControlConnection connection, DeviceBoundEntry entry, long device, DeviceBoundRule rule)
    {
        if (rule(entry) is not { } change)
            return null;
        var after = change.After;
        if (after != entry)
        {
            connection.Execute(
                """
                UPDATE DeviceBoundMessages SET State = $state, DeliveryCount = $deliveryCount, LockToken = $token, LockedUntil = $until, LockHolder = $holder,
                    CancelledBy = $cancelledBy, Outcome = $outcome, Description = $description, SettledTime = $settled, ResubmittedAs = $resubmittedAs
                WHERE Number = $id
                """,
                ("$id", after.Id), ("$state", (int)after.State), ("$deliveryCount", after.DeliveryCount), ("$token", after.Lock?.Token.ToByteArray()),
                ("$until", after.Lock?.Until.UtcTicks), ("$holder", after.Lock?.Holder), ("$cancelledBy", after.CancelledBy), ("$outcome", (int?)after.Outcome),
                ("$description", after.Description), ("$settled", after.SettledTime?.UtcTicks), ("$resubmittedAs", after.ResubmittedAs));
        }

        if (entry.IsActive && !after.IsActive)
        {
            connection.Execute("UPDATE DeviceBoundQueues SET Depth = Depth - 1 WHERE DeviceNumber = $device", ("$device", device));
            if (after.WantsFeedback)
                AddFeedback(connection, after, device);
        }

        AddHistory(connection, change);
        return change;
    }

    private static void AddFeedback(ControlConnection connection, DeviceBoundEntry ended, long device) => connection.Execute(
        """
        INSERT INTO Feedback (MessageId, DeviceNumber, DeviceId, GenerationId, Outcome, Description, Time)
        VALUES ($messageId, $device, $deviceId, $generationId, $outcome, $description, $time)
        """,
        ("$messageId", ended.MessageId), ("$device", device), ("$deviceId", ended.DeviceId.Value), ("$generationId", ended.GenerationId),
        ("$outcome", (int?)ended.Outcome), ("$description", ended.Description), ("$time", ended.SettledTime?.UtcTicks));

    private static void AddHistory(ControlConnection connection, DeviceBoundTransition change)
    {
        foreach (var line in change.History)
        {
            connection.Execute(
                "INSERT INTO DeviceBoundHistory (MessageNumber, Time, Event, \"By\", Detail) VALUES ($id, $time, $event, $by, $detail)",
                ("$id", change.After.Id), ("$time", line.Time.UtcTicks), ("$event", (int)line.Event), ("$by", line.By), ("$detail", line.Detail));
        }
    }
}
