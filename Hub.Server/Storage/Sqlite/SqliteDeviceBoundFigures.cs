using System.Collections.Immutable;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Storage.Model;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Operations;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The figures of cloud-to-device messages in SQLite, from the counts that <see cref="DeviceBoundCounts"/> keeps.</summary>
internal sealed class SqliteDeviceBoundFigures(ControlReaders readers) : IDeviceBoundFigures
{
    private const int Hours = 24;

    /// <summary>How many devices a count names.</summary>
    private const int Named = 3;

    public ValueTask<QueueFigures> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read(now, static (connection, now) =>
        {
            var depth = connection.Scalar("SELECT IFNULL(SUM(Depth), 0) FROM DeviceBoundQueues WHERE Depth > 0")!.Value;
            var locked = connection.Scalar($"SELECT count(*) FROM DeviceBoundMessages INDEXED BY {DeviceBoundMessageRowMapping.StateIndex} WHERE State = 1")!.Value;
            var ended = ReadEnded(connection, DeviceBoundCounts.HourOf(now) - Hours);
            var overview = new QueuesOverview
            {
                Enqueued = Math.Max(0, depth - locked),
                Invisible = locked,
                Oldest = Older(ReadOldest(connection, DeviceBoundState.Enqueued), ReadOldest(connection, DeviceBoundState.Invisible)),
                CompletedInDay = ended.GetValueOrDefault(DeviceBoundOutcome.Completed),
                DeadLetteredInDay = ended.Where(pair => pair.Key != DeviceBoundOutcome.Completed).ToDictionary(pair => pair.Key.ToReason()!.Value, pair => pair.Value),
                DeadLetters = connection.Scalar("SELECT IFNULL(SUM(Count), 0) FROM DeadLetterCounts")!.Value,
            };
            return new QueueFigures(overview, (int)connection.Scalar("SELECT IFNULL(MAX(Depth), 0) FROM DeviceBoundQueues WHERE Depth > 0")!.Value);
        }));
    }

    public ValueTask<DeadLetterGroups> GroupAsync(DeadLetterGroupQuery query, DateTimeOffset now, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read((query, hour: DeviceBoundCounts.HourOf(now)), static (connection, state) =>
        {
            var (query, hour) = state;
            var key = "Outcome, " + (query.By == DeadLetterGrouping.Device ? "NULL" : "Description") + ", " + (query.By == DeadLetterGrouping.Description ? "NULL" : "DeviceId");
            var (filter, parameters) = FilterOf(query.DeviceId, query.Reason, null);
            var trends = ReadTrends(connection, key, filter, hour, parameters);
            var items = ImmutableArray.CreateBuilder<DeadLetterGroup>();
            using (var row = connection.Prepared(
                $"""
                SELECT {key}, SUM(Count), count(DISTINCT DeviceId), MIN(Hour), MAX(Hour) FROM DeadLetterCounts WHERE {filter}
                GROUP BY 1, 2, 3 ORDER BY 4 DESC, 7 DESC LIMIT $limit
                """,
                [.. parameters, ("$limit", query.Limit)]).ExecuteReader())
            {
                while (row.Read())
                    items.Add(ReadGroup(row, trends));
            }

            using var total = connection.Prepared($"SELECT count(*), IFNULL(SUM(n), 0) FROM (SELECT SUM(Count) AS n FROM DeadLetterCounts WHERE {filter} GROUP BY {key})", parameters).ExecuteReader();
            total.Read();
            return new DeadLetterGroups(items.DrainToImmutable(), total.GetInt32(0), total.GetInt64(1));
        }));
    }

    public ValueTask<DeadLetterCount> CountDeadAsync(DeviceId? device, DeadLetterReason? reason, string? description, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(readers.Read((device, reason, description), static (connection, state) =>
        {
            var (filter, parameters) = FilterOf(state.device, state.reason, state.description);
            List<DeviceId> named = [];
            using (var row = connection.Prepared($"SELECT DISTINCT DeviceId FROM DeadLetterCounts WHERE {filter} ORDER BY DeviceId LIMIT {Named}", parameters).ExecuteReader())
            {
                while (row.Read())
                    named.Add(DeviceId.Parse(row.GetString(0)));
            }

            using var total = connection.Prepared($"SELECT IFNULL(SUM(Count), 0), count(DISTINCT DeviceId) FROM DeadLetterCounts WHERE {filter}", parameters).ExecuteReader();
            total.Read();
            return new DeadLetterCount(total.GetInt64(0), false, total.GetInt32(1), named);
        }));
    }

    private static Dictionary<DeviceBoundOutcome, long> ReadEnded(ControlConnection connection, long after)
    {
        using var row = connection.Prepared("SELECT Outcome, SUM(Count) FROM OutcomeCounts WHERE Hour > $after GROUP BY Outcome", ("$after", after)).ExecuteReader();
        var ended = new Dictionary<DeviceBoundOutcome, long>();
        while (row.Read())
            ended.Add((DeviceBoundOutcome)row.GetInt32(0), row.GetInt64(1));
        return ended;
    }

    private static WaitingMessage? ReadOldest(ControlConnection connection, DeviceBoundState state)
    {
        using var row = connection.Prepared(
            $"SELECT Number, DeviceId, EnqueuedTime FROM DeviceBoundMessages INDEXED BY {DeviceBoundMessageRowMapping.StateIndex} WHERE State = $state ORDER BY EnqueuedTime LIMIT 1",
            ("$state", (int)state)).ExecuteReader();
        return row.Read() ? new WaitingMessage(row.GetInt64(0), DeviceId.Parse(row.GetString(1)), SqliteText.Time(row.GetInt64(2))) : null;
    }

    private static WaitingMessage? Older(WaitingMessage? one, WaitingMessage? other) =>
        one is null || other?.EnqueuedTime < one.EnqueuedTime ? other : one;

    /// <summary>How many came in each of the last hours, by group.</summary>
    private static Dictionary<(long Outcome, string? Description, string? DeviceId), long[]> ReadTrends(
        ControlConnection connection, string key, string filter, long hour, (string Name, object? Value)[] parameters)
    {
        using var row = connection.Prepared(
            $"SELECT {key}, Hour, SUM(Count) FROM DeadLetterCounts WHERE {filter} AND Hour > $after AND Hour <= $hour GROUP BY 1, 2, 3, 4",
            [.. parameters, ("$after", hour - Hours), ("$hour", hour)]).ExecuteReader();
        var trends = new Dictionary<(long, string?, string?), long[]>();
        while (row.Read())
        {
            if (!trends.TryGetValue(KeyOf(row), out var trend))
                trends.Add(KeyOf(row), trend = new long[Hours]);
            trend[(int)(row.GetInt64(3) - hour + Hours - 1)] = row.GetInt64(4);
        }

        return trends;
    }

    private static DeadLetterGroup ReadGroup(SqliteDataReader row, Dictionary<(long Outcome, string? Description, string? DeviceId), long[]> trends)
    {
        var (outcome, description, device) = KeyOf(row);
        return new DeadLetterGroup
        {
            Reason = ((DeviceBoundOutcome)outcome).ToReason()!.Value,
            DeviceId = device is null ? null : DeviceId.Parse(device),
            Description = string.IsNullOrEmpty(description) ? null : description,
            Count = row.GetInt64(3),
            Devices = row.GetInt32(4),
            FirstHour = DeviceBoundCounts.TimeOf(row.GetInt64(5)),
            LastHour = DeviceBoundCounts.TimeOf(row.GetInt64(6)),
            Trend = trends.GetValueOrDefault((outcome, description, device)) ?? new long[Hours],
        };
    }

    private static (long Outcome, string? Description, string? DeviceId) KeyOf(SqliteDataReader row) => (row.GetInt64(0), row.TextOrNull(1), row.TextOrNull(2));

    private static (string Filter, (string Name, object? Value)[] Parameters) FilterOf(DeviceId? device, DeadLetterReason? reason, string? description) =>
    (
        "TRUE" + (device is null ? "" : " AND DeviceId = $device") + (reason is null ? "" : " AND Outcome = $outcome") + (description is null ? "" : " AND Description = $description"),
        [("$device", device?.Value), ("$outcome", (int?)reason?.ToOutcome()), ("$description", description)]
    );
}
