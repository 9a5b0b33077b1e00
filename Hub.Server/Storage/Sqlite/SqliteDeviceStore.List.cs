using System.Globalization;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteDeviceStore
{
    private const int MaxLimit = 1000;

    /// <summary>
    /// Up to so many matches are gathered and sorted; beyond, the order's index is walked until the page is full, which then is soon.
    /// Both take about 10 ms at the border with 100,000 devices.
    /// </summary>
    private const int Few = 4000;

    /// <summary>
    /// 1. The matches are gathered, unless there are many. 2. Many are counted, once: the cursor carries the count to the next page.
    /// 3. The page's rows are read: of those gathered, or along the order's index. All see the same moment.
    /// </summary>
    public ValueTask<DeviceListPage> ListAsync(DeviceQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, MaxLimit);
        cancellationToken.ThrowIfCancellationRequested();

        // A cursor is bound to all that decides which devices come in which order; how many at a time may change.
        var question = JsonSerializer.Serialize(query with { Cursor = null, Limit = 1 });
        var after = query.Cursor is null ? null : ListPlace.Parse(cursors.Open(question, query.Cursor));
        return ValueTask.FromResult(readers.Read((Store: this, Query: query, Question: question, After: after), static (reader, state) =>
            state.Store.List(reader.Connection, state.Query, state.Question, state.After)));
    }

    private DeviceListPage List(SqliteConnection connection, DeviceQuery query, string question, ListPlace? after)
    {
        using var moment = connection.BeginTransaction(deferred: true);
        var sql = new DeviceListSql(query, after);
        var (total, gathered) = after is { Total: > Few } ? (after.Total, null) : Gather(connection, sql);
        var rows = ReadPage(connection, sql, gathered);
        string? next = null;
        if (rows.Count > query.Limit)
        {
            rows.RemoveAt(query.Limit);
            next = cursors.Seal(question, ListPlace.Of(rows[^1].Device, rows[^1].Number, query.Sort, total).ToText());
        }

        return new DeviceListPage([.. rows.Select(row => row.Device)], next, total);
    }

    /// <summary>How many match, and the numbers of those that do as a JSON array when they are few.</summary>
    private static (int Total, string? Numbers) Gather(SqliteConnection connection, DeviceListSql sql)
    {
        if (!sql.HasFilter)
            return ((int)connection.Scalar("SELECT count(*) FROM Presence")!.Value, null);

        var matches = sql.Matches(connection);
        using var gather = connection.Command(
            $"SELECT count(*), json_group_array(Number) FROM ({matches} LIMIT {Few + 1})", [.. sql.Parameters]);
        using (var row = gather.ExecuteReader())
        {
            row.Read();
            if (row.GetInt32(0) is var count and <= Few)
                return (count, row.GetString(1));
        }

        return (sql.Count(connection), null);
    }

    private List<(Device Device, long Number)> ReadPage(SqliteConnection connection, DeviceListSql sql, string? gathered)
    {
        using var command = connection.Command(sql.Page(gathered is not null), [.. sql.Parameters]);
        if (gathered is not null)
            command.Parameters.AddWithValue("$numbers", gathered);
        using var row = command.ExecuteReader();
        List<(Device, long)> rows = [];
        while (row.Read())
            rows.Add((_rows.Read(row), row.GetInt64(DeviceRows.ColumnCount)));
        return rows;
    }
}

/// <summary>Where a page of devices ended.</summary>
/// <param name="Total">How many devices matched when the first page was read.</param>
/// <param name="Key">The last row's time, by which it was sorted; zero when it was by id.</param>
/// <param name="Number">The last row's number.</param>
/// <param name="Id">The last row's id.</param>
internal sealed record ListPlace(int Total, long Key, long Number, string Id)
{
    public static ListPlace Of(Device device, long number, DeviceSort sort, int total) => new(
        total,
        sort switch
        {
            DeviceSort.LastActivity => device.Presence.LastActivityTime?.UtcTicks ?? 0,
            DeviceSort.Created => device.CreatedTime.UtcTicks,
            _ => 0,
        },
        number,
        device.Id.Value);

    public static ListPlace Parse(string text)
    {
        var parts = text.Split(' ', 4);
        return new ListPlace(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            long.Parse(parts[1], CultureInfo.InvariantCulture),
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            parts[3]);
    }

    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Total} {Key} {Number} {Id}");
}
