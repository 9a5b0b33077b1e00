using System.Globalization;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Storage.Model;
using Hub.Shared.CloudToDevice;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteDeviceBoundStore
{
    /// <summary>A page ends early when its bodies have so many bytes.</summary>
    private const long MaxPageBytes = 4 * 1024 * 1024;

    /// <summary>A page of a search ends early when it has looked through so many messages without filling up: it says where to go on.</summary>
    private const int MaxLookedAt = 20_000;

    public ValueTask<DeviceBoundPage> ListAsync(DeviceBoundQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        // A cursor is bound to all that decides which messages come; how many at a time may change.
        var question = "c2d" + JsonSerializer.Serialize(query with { Cursor = null, Limit = 1 });
        var before = query.Cursor is null ? new DeviceBoundPlace(long.MaxValue, long.MaxValue) : DeviceBoundPlace.Parse(cursors.Open(question, query.Cursor));
        return ValueTask.FromResult(readers.Read((Store: this, query, question, before), static (connection, state) => state.Store.ReadPage(
            connection.Prepared(
                ListSql(state.query),
                ("$time", state.before.Key), ("$number", state.before.Number), ("$device", state.query.DeviceId?.Value), ("$state", (int?)state.query.State),
                ("$from", state.query.From?.UtcTicks ?? 0), ("$to", state.query.To?.UtcTicks ?? long.MaxValue)),
            state.query.Limit, state.query.Q is { } text ? message => Contains(message, text) : null, state.question, static entry => new(entry.EnqueuedTime.UtcTicks, entry.Id))));
    }

    /// <summary>Reads until the page is full, or it has taken enough for now.</summary>
    private DeviceBoundPage ReadPage(SqliteCommand command, int limit, Func<DeviceBoundMessage, bool>? matches, string question, Func<DeviceBoundEntry, DeviceBoundPlace> placeOf)
    {
        using var row = command.ExecuteReader();
        return ReadPage(row, limit, matches, question, placeOf);
    }

    private DeviceBoundPage ReadPage(SqliteDataReader row, int limit, Func<DeviceBoundMessage, bool>? matches, string question, Func<DeviceBoundEntry, DeviceBoundPlace> placeOf)
    {
        var items = new List<DeviceBoundMessage>();
        var (bytes, lookedAt, last) = (0L, 0, default(DeviceBoundPlace));
        while (row.Read())
        {
            if (items.Count == limit || bytes >= MaxPageBytes || lookedAt == MaxLookedAt)
                return new DeviceBoundPage(items, cursors.Seal(question, last.ToText()));
            lookedAt++;
            var message = DeviceBoundRows.ReadMessage(row);
            last = placeOf(message.Entry);
            if (matches?.Invoke(message) == false)
                continue;
            items.Add(message);
            bytes += message.Message.Body.Length;
        }

        return new DeviceBoundPage(items, null);
    }

    /// <summary>The index is named, since SQLite has no statistics to choose by: the device's own messages, those of a state, or all.</summary>
    private static string ListSql(DeviceBoundQuery query)
    {
        var index = query.DeviceId is not null ? DeviceBoundMessageRowMapping.DeviceIndex
            : query.State is not null ? DeviceBoundMessageRowMapping.StateIndex
            : DeviceBoundMessageRowMapping.TimeIndex;
        var filter = (query.DeviceId is null ? "" : " AND m.DeviceId = $device") + (query.State is null ? "" : " AND m.State = $state");
        return $"""
            SELECT {DeviceBoundRows.EntryColumns}, {DeviceBoundRows.EnvelopeColumns}
            FROM DeviceBoundMessages m INDEXED BY {index} CROSS JOIN DeviceBoundEnvelopes e ON e.Number = m.Number
            WHERE m.EnqueuedTime >= $from AND m.EnqueuedTime < $to AND (m.EnqueuedTime, m.Number) < ($time, $number){filter}
            ORDER BY m.EnqueuedTime DESC, m.Number DESC
            """;
    }

    private static bool Contains(DeviceBoundMessage message, string text) =>
        Has(message.Entry.MessageId, text) || Has(message.Entry.Description, text)
        || message.Message.Properties.Items.Any(pair => Has(pair.Key, text) || Has(pair.Value, text))
        || message.Message.SystemProperties.Items.Any(pair => Has(pair.Value, text))
        || Has(Encoding.UTF8.GetString(message.Message.Body.Span), text);

    private static bool Has(string? where, string text) => where?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;
}

/// <summary>Where a page of messages ended: at what it is sorted by, and at which message.</summary>
internal readonly record struct DeviceBoundPlace(long Key, long Number)
{
    public static DeviceBoundPlace Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return new(long.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture), long.Parse(text.AsSpan(space + 1), CultureInfo.InvariantCulture));
    }

    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Key} {Number}");
}
