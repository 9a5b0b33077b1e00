using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The feedback queue in SQLite. Its records are written by <see cref="SqliteDeviceBoundStore"/>, with the outcomes.</summary>
internal sealed class SqliteFeedbackStore(ControlWriter writer) : IFeedbackStore
{
    /// <summary>How many records one transaction drops.</summary>
    private const int MaxPerWrite = 1_000;

    public ValueTask<FeedbackBatch?> ReceiveAsync(Guid token, DateTimeOffset now, FeedbackOptions options, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection =>
            {
                if ((FindWaiting(connection, now) ?? Make(connection, now, options)) is not { } batch)
                    return null;
                connection.Execute(
                    "UPDATE FeedbackBatches SET LockToken = $token, LockedUntil = $until, DeliveryCount = DeliveryCount + 1 WHERE Number = $batch",
                    ("$batch", batch), ("$token", token.ToByteArray()), ("$until", (now + options.LockDuration).UtcTicks));
                return new FeedbackBatch(batch, token, Read(connection, batch));
            },
            cancellationToken);

    public async ValueTask<bool> CompleteAsync(Guid token, CancellationToken cancellationToken) => await writer.WriteAsync(
        connection => connection.Execute("DELETE FROM FeedbackBatches WHERE LockToken = $token AND LockedUntil IS NOT NULL", ("$token", token.ToByteArray())),
        cancellationToken) > 0;

    public async ValueTask<bool> ReleaseAsync(Guid token, int maxDeliveryCount, CancellationToken cancellationToken) => await writer.WriteAsync(
        connection =>
            connection.Execute(
                "DELETE FROM FeedbackBatches WHERE LockToken = $token AND LockedUntil IS NOT NULL AND DeliveryCount >= $max",
                ("$token", token.ToByteArray()), ("$max", maxDeliveryCount))
            + connection.Execute("UPDATE FeedbackBatches SET LockedUntil = NULL WHERE LockToken = $token AND LockedUntil IS NOT NULL", ("$token", token.ToByteArray())),
        cancellationToken) > 0;

    public async ValueTask ReleaseAllAsync(CancellationToken cancellationToken) => await writer.WriteAsync(
        connection => connection.Execute("UPDATE FeedbackBatches SET LockedUntil = NULL WHERE LockedUntil IS NOT NULL"), cancellationToken);

    public async ValueTask<int> DropExpiredAsync(DateTimeOffset now, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        var total = await writer.WriteAsync(
            connection =>
            {
                var records = connection.Scalar(
                    "SELECT count(*) FROM Feedback WHERE BatchNumber IN (SELECT Number FROM FeedbackBatches WHERE ExpiresAt <= $now)", ("$now", now.UtcTicks))!.Value;
                connection.Execute("DELETE FROM FeedbackBatches WHERE ExpiresAt <= $now", ("$now", now.UtcTicks));
                return (int)records;
            },
            cancellationToken);
        while (true)
        {
            // In the order in which they came, so that only what is dropped is looked at.
            var dropped = await writer.WriteAsync(
                connection => connection.Execute(
                    """
                    DELETE FROM Feedback WHERE Number IN
                        (SELECT Number FROM (SELECT Number, Time FROM Feedback WHERE BatchNumber IS NULL ORDER BY Number LIMIT $max) WHERE Time <= $before)
                    """,
                    ("$max", MaxPerWrite), ("$before", (now - timeToLive).UtcTicks)),
                cancellationToken);
            total += dropped;
            if (dropped < MaxPerWrite)
                return total;
        }
    }

    /// <summary>A batch that came back, or that a restart set free.</summary>
    private static long? FindWaiting(ControlConnection connection, DateTimeOffset now) => connection.Scalar(
        "SELECT Number FROM FeedbackBatches WHERE LockedUntil IS NULL AND ExpiresAt > $now ORDER BY Number LIMIT 1", ("$now", now.UtcTicks));

    private static long? Make(ControlConnection connection, DateTimeOffset now, FeedbackOptions options)
    {
        // Whose device is gone has nobody to tell of it any more (wire contract, section 2.2).
        connection.Execute(
            """
            DELETE FROM Feedback WHERE Number IN (SELECT f.Number FROM Feedback f LEFT JOIN Devices d ON d.Number = f.DeviceNumber
                WHERE f.BatchNumber IS NULL AND d.Number IS NULL ORDER BY f.Number LIMIT $max)
            """,
            ("$max", MaxPerWrite));
        const string first = "SELECT Number, Time FROM Feedback WHERE BatchNumber IS NULL AND Time > $oldest ORDER BY Number LIMIT $size";
        long waiting;
        long? since;
        using (var row = connection.Prepared(
            $"SELECT count(*), min(Time) FROM ({first})", ("$size", options.BatchSize), ("$oldest", (now - options.TimeToLive).UtcTicks)).ExecuteReader())
        {
            row.Read();
            (waiting, since) = (row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1));
        }

        if (since is null || (waiting < options.BatchSize && now.UtcTicks - since < options.BatchInterval.Ticks))
            return null;
        var batch = connection.Scalar(
            "INSERT INTO FeedbackBatches (DeliveryCount, ExpiresAt) VALUES (0, $expires) RETURNING Number", ("$expires", (now + options.TimeToLive).UtcTicks));
        connection.Execute(
            $"UPDATE Feedback SET BatchNumber = $batch WHERE Number IN (SELECT Number FROM ({first}))",
            ("$batch", batch), ("$size", options.BatchSize), ("$oldest", (now - options.TimeToLive).UtcTicks));
        return batch;
    }

    private static List<FeedbackRecord> Read(ControlConnection connection, long batch)
    {
        using var row = connection.Prepared(
            "SELECT MessageId, DeviceId, GenerationId, Outcome, Description, Time FROM Feedback WHERE BatchNumber = $batch ORDER BY Number", ("$batch", batch)).ExecuteReader();
        List<FeedbackRecord> records = [];
        while (row.Read())
        {
            records.Add(new FeedbackRecord(
                row.GetString(0), DeviceId.Parse(row.GetString(1)), row.GetString(2), (DeviceBoundOutcome)row.GetInt32(3), row.TextOrNull(4),
                SqliteText.Time(row.GetInt64(5))));
        }

        return records;
    }
}
