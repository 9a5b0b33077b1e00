using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// Keeps the counts of outcomes and of dead letters in step with the messages, inside the transaction that changes these: the overview and
/// the groups of dead letters are read off the counts.
/// </summary>
internal static class DeviceBoundCounts
{
    /// <summary>The hour of a time, as the counts name it.</summary>
    public static long HourOf(DateTimeOffset time) => time.UtcTicks / TimeSpan.TicksPerHour;

    /// <summary>The beginning of an hour.</summary>
    public static DateTimeOffset TimeOf(long hour) => new(hour * TimeSpan.TicksPerHour, TimeSpan.Zero);

    /// <summary>A message has ended.</summary>
    public static void Ended(ControlConnection connection, DeviceBoundEntry entry)
    {
        connection.Execute(
            "INSERT INTO OutcomeCounts (Hour, Outcome, Count) VALUES ($hour, $outcome, 1) ON CONFLICT (Hour, Outcome) DO UPDATE SET Count = Count + 1",
            ("$hour", HourOf(entry.SettledTime!.Value)), ("$outcome", (int?)entry.Outcome));
        if (entry.State == DeviceBoundState.DeadLettered)
        {
            connection.Execute(
                """
                INSERT INTO DeadLetterCounts (Outcome, Description, DeviceId, Hour, Count) VALUES ($outcome, $description, $device, $hour, 1)
                ON CONFLICT (Outcome, Description, DeviceId, Hour) DO UPDATE SET Count = Count + 1
                """,
                KeyOf(entry));
        }
    }

    /// <summary>A dead letter was sent again.</summary>
    public static void Resubmitted(ControlConnection connection, DeviceBoundEntry entry)
    {
        const string Key = "Outcome = $outcome AND Description = $description AND DeviceId = $device AND Hour = $hour";
        if (connection.Execute($"DELETE FROM DeadLetterCounts WHERE {Key} AND Count = 1", KeyOf(entry)) == 0)
            connection.Execute($"UPDATE DeadLetterCounts SET Count = Count - 1 WHERE {Key}", KeyOf(entry));
    }

    /// <summary>A message that had ended is deleted.</summary>
    public static void Deleted(ControlConnection connection, DeviceBoundEntry entry)
    {
        if (entry is { State: DeviceBoundState.DeadLettered, ResubmittedAs: null })
            Resubmitted(connection, entry);
    }

    private static (string Name, object? Value)[] KeyOf(DeviceBoundEntry entry) =>
    [
        ("$outcome", (int?)entry.Outcome), ("$description", entry.Description ?? ""), ("$device", entry.DeviceId.Value), ("$hour", HourOf(entry.SettledTime!.Value)),
    ];
}
