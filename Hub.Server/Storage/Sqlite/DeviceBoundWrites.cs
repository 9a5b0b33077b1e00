using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// What is done to cloud-to-device messages inside a transaction of the <see cref="ControlWriter"/>. In plain SQL: every message passes
/// here three times on its way.
/// </summary>
internal static class DeviceBoundWrites
{
    public const string Entries = $"SELECT {DeviceBoundRows.EntryColumns} FROM DeviceBoundMessages m";
    public const string Messages =
        $"SELECT {DeviceBoundRows.EntryColumns}, {DeviceBoundRows.EnvelopeColumns} FROM DeviceBoundMessages m JOIN DeviceBoundEnvelopes e ON e.Number = m.Number";

    public static EnqueueResult Enqueue(ControlConnection connection, NewDeviceBound message, int maxDepth) => Enqueue(
        connection, message, DeviceBoundRows.JsonOf(message.Message.SystemProperties.Items), DeviceBoundRows.JsonOf(message.Message.Properties.Items), maxDepth);

    public static EnqueueResult Enqueue(ControlConnection connection, NewDeviceBound message, string system, string own, int maxDepth)
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

    public static (DeviceBoundEntry Entry, long DeviceNumber)? ReadEntry(ControlConnection connection, long id)
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
    public static DeviceBoundTransition? Apply(ControlConnection connection, DeviceBoundEntry entry, long device, DeviceBoundRule rule)
    {
        if (rule(entry) is not { } change)
            return null;
        var after = change.After;
        if (after != entry)
        {
            connection.Execute(
                """
                UPDATE DeviceBoundMessages SET State = $state, DeliveryCount = $deliveryCount, LockToken = $token, LockedUntil = $until, LockHolder = $holder,
                    CancelledBy = $cancelledBy, Outcome = $outcome, Description = $description, SettledTime = $settled, ResubmittedAs = $resubmittedAs, HeldBy = $heldBy
                WHERE Number = $id
                """,
                ("$id", after.Id), ("$state", (int)after.State), ("$deliveryCount", after.DeliveryCount), ("$token", after.Lock?.Token.ToByteArray()),
                ("$until", after.Lock?.Until.UtcTicks), ("$holder", after.Lock?.Holder), ("$cancelledBy", after.CancelledBy), ("$outcome", (int?)after.Outcome),
                ("$description", after.Description), ("$settled", after.SettledTime?.UtcTicks), ("$resubmittedAs", after.ResubmittedAs), ("$heldBy", after.HeldBy));
        }

        if (entry.IsActive && !after.IsActive)
        {
            connection.Execute("UPDATE DeviceBoundQueues SET Depth = Depth - 1 WHERE DeviceNumber = $device", ("$device", device));
            if (after.WantsFeedback)
                AddFeedback(connection, after, device);
            DeviceBoundCounts.Ended(connection, after);
        }
        else if (entry.ResubmittedAs is null && after.ResubmittedAs is not null)
        {
            DeviceBoundCounts.Resubmitted(connection, after);
        }

        AddHistory(connection, change);
        return change;
    }

    /// <summary>Stores a message that sends a dead letter again, and marks that one.</summary>
    public static ResubmitResult Resubmit(
        ControlConnection connection, long originId, Func<DeviceBoundMessage, NewDeviceBound> make, int maxDepth, List<DeviceBoundTransition> changes)
    {
        if (ReadMessage(connection, originId) is not var (origin, device))
            return new ResubmitResult.NotFound();
        if (origin.Entry.ResubmittedAs is { } id)
            return new ResubmitResult.Already(id);
        if (origin.Entry.State != DeviceBoundState.DeadLettered)
            return new ResubmitResult.NotDead();
        var message = make(origin);
        var result = Enqueue(connection, message, maxDepth);
        if (result is not EnqueueResult.Enqueued { Message: var stored })
            return new ResubmitResult.Refused(result);
        changes.Add(DeviceBoundTransition.Enqueued(stored.Entry, message.By));
        changes.Add(Apply(connection, origin.Entry, device, entry => DeviceBoundRules.Resubmit(entry, stored.Entry.Id, message.By, message.EnqueuedTime))!);
        return new ResubmitResult.Resubmitted(stored);
    }

    /// <summary>Deletes a dead letter with all that belongs to it; false when there is none of that id.</summary>
    public static bool DeleteDead(ControlConnection connection, long id)
    {
        if (ReadEntry(connection, id) is not { Entry: { State: DeviceBoundState.DeadLettered } entry })
            return false;
        Delete(connection, entry);
        return true;
    }

    /// <summary>Deletes a message that has ended, with all that belongs to it.</summary>
    public static void Delete(ControlConnection connection, DeviceBoundEntry entry)
    {
        DeviceBoundCounts.Deleted(connection, entry);
        connection.Execute("DELETE FROM DeviceBoundMessages WHERE Number = $id", ("$id", entry.Id));
    }

    private static (DeviceBoundMessage Message, long DeviceNumber)? ReadMessage(ControlConnection connection, long id)
    {
        using var row = connection.Prepared(Messages + " WHERE m.Number = $id", ("$id", id)).ExecuteReader();
        return row.Read() ? (DeviceBoundRows.ReadMessage(row), DeviceBoundRows.DeviceNumberOf(row)) : null;
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
