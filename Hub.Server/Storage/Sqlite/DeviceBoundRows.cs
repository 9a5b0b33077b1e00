using System.Text;
using System.Text.Json;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>Turns cloud-to-device messages into rows and back. By hand, since every delivery waits on it.</summary>
internal static class DeviceBoundRows
{
    /// <summary>Of <c>DeviceBoundMessages m</c>.</summary>
    public const string EntryColumns =
        "m.Number, m.DeviceNumber, m.DeviceId, m.GenerationId, m.SequenceNumber, m.MessageId, m.Ack, m.EnqueuedTime, m.ExpiresAt, m.NotBefore, m.State, "
        + "m.DeliveryCount, m.LockToken, m.LockedUntil, m.LockHolder, m.CancelledBy, m.Outcome, m.Description, m.SettledTime, m.OriginNumber, "
        + "m.Attempt, m.ResubmittedAs, m.HeldBy";

    /// <summary>Of <c>DeviceBoundEnvelopes e</c>, behind those of the entry.</summary>
    public const string EnvelopeColumns = "e.SystemProperties, e.Properties, e.Body";

    private const int EntryColumnCount = 23;

    /// <summary>What an entry is stored with: the registration of its device, by its number.</summary>
    public static long DeviceNumberOf(SqliteDataReader row) => row.GetInt64(1);

    public static DeviceBoundEntry ReadEntry(SqliteDataReader row) => new()
    {
        Id = row.GetInt64(0),
        DeviceId = DeviceId.Parse(row.GetString(2)),
        GenerationId = row.GetString(3),
        SequenceNumber = row.GetInt64(4),
        MessageId = row.GetString(5),
        Ack = (FeedbackAck)row.GetInt32(6),
        EnqueuedTime = SqliteText.Time(row.GetInt64(7)),
        ExpiresAt = SqliteText.Time(row.GetInt64(8)),
        NotBefore = row.TimeOrNull(9),
        State = (DeviceBoundState)row.GetInt32(10),
        DeliveryCount = row.GetInt32(11),
        Lock = row.IsDBNull(12) ? null : new DeviceBoundLock(new Guid(row.GetFieldValue<byte[]>(12)), SqliteText.Time(row.GetInt64(13)), row.TextOrNull(14)),
        CancelledBy = row.TextOrNull(15),
        Outcome = row.IsDBNull(16) ? null : (DeviceBoundOutcome)row.GetInt32(16),
        Description = row.TextOrNull(17),
        SettledTime = row.TimeOrNull(18),
        OriginId = row.IsDBNull(19) ? null : row.GetInt64(19),
        Attempt = row.GetInt32(20),
        ResubmittedAs = row.IsDBNull(21) ? null : row.GetInt64(21),
        HeldBy = row.IsDBNull(22) ? null : row.GetInt64(22),
    };

    /// <summary>A row of the columns of the entry and of the envelope.</summary>
    public static DeviceBoundMessage ReadMessage(SqliteDataReader row) => new(ReadEntry(row), new Message
    {
        SystemProperties = SystemProperties.Create(PairsOf(row.GetString(EntryColumnCount))),
        Properties = ApplicationProperties.Create(PairsOf(row.GetString(EntryColumnCount + 1))),
        Body = row.GetFieldValue<byte[]>(EntryColumnCount + 2),
    });

    public static string JsonOf(IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0)
            return "{}";
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var (name, value) in pairs)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static List<KeyValuePair<string, string>> PairsOf(string json)
    {
        if (json == "{}")
            return [];
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateObject().Select(pair => new KeyValuePair<string, string>(pair.Name, pair.Value.GetString()!))];
    }
}
