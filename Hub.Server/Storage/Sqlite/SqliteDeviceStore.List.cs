using System.Globalization;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Server.Storage.Model;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

internal sealed partial class SqliteDeviceStore
{
    private const int MaxLimit = 1000;

    /// <summary>
    /// 1. The page's rows are found inside one index, which carries all that filters and sorts ask for. 2. Only those rows are read.
    /// 3. All matches are counted, in an index too. The three see the same moment.
    /// </summary>
    public ValueTask<DeviceListPage> ListAsync(DeviceQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, MaxLimit);
        cancellationToken.ThrowIfCancellationRequested();

        // A cursor is bound to all that decides which devices come in which order; how many at a time may change.
        var question = JsonSerializer.Serialize(query with { Cursor = null, Limit = 1 });
        (long, string)? place = query.Cursor is null ? null : PlaceOf(cursors.Open(question, query.Cursor));
        return ValueTask.FromResult(readers.Read((Store: this, Query: query, Question: question, Place: place), static (reader, state) =>
            state.Store.List(reader.Connection, state.Query, state.Question, state.Place)));
    }

    private DeviceListPage List(SqliteConnection connection, DeviceQuery query, string question, (long Key, string Id)? place)
    {
        using var moment = connection.BeginTransaction(deferred: true);
        var (filter, parameters) = FilterOf(query);
        var devices = ReadPage(connection, query, filter, parameters, place);
        string? next = null;
        if (devices.Count > query.Limit)
        {
            devices.RemoveAt(query.Limit);
            var last = devices[^1];
            next = cursors.Seal(question, string.Create(CultureInfo.InvariantCulture, $"{SortKeyOf(last, query.Sort)} {last.Id}"));
        }

        // A first page that holds everything has counted already.
        var total = place is null && next is null ? devices.Count : Count(connection, filter, parameters);
        return new DeviceListPage(devices, next, total);
    }

    private List<Device> ReadPage(
        SqliteConnection connection, DeviceQuery query, string filter, List<(string, object?)> parameters, (long Key, string Id)? place)
    {
        var (column, index) = query.Sort switch
        {
            DeviceSort.LastActivity => ("LastActivityTime", DeviceRowMapping.LastActivityIndex),
            DeviceSort.Created => ("CreatedTime", DeviceRowMapping.CreatedIndex),
            _ => (null, DeviceRowMapping.SearchIndex),
        };
        // The texts are in the search index alone; reading it from end to end beats fetching 100,000 rows for them.
        if (!string.IsNullOrEmpty(query.Q) || !string.IsNullOrEmpty(query.Tag))
            index = DeviceRowMapping.SearchIndex;
        var (order, after) = query.Desc ? ("DESC", "<") : ("ASC", ">");
        var keys = column is null ? "Id" : $"{column}, Id";
        List<(string, object?)> all = [.. parameters, ("$limit", query.Limit + 1)];
        if (place is var (key, id))
        {
            filter += column is null ? $" AND Id {after} $afterId" : $" AND ({column}, Id) {after} ($afterKey, $afterId)";
            all.Add(("$afterId", id));
            if (column is not null)
                all.Add(("$afterKey", key));
        }

        using var command = connection.Command(
            $"""
            WITH page AS MATERIALIZED (
                SELECT rowid AS number, {keys} FROM Devices INDEXED BY {index} WHERE {filter}
                ORDER BY {(column is null ? "" : $"{column} {order}, ")}Id {order} LIMIT $limit)
            SELECT {DeviceRows.Columns} FROM page CROSS JOIN Devices d ON d.rowid = page.number
            ORDER BY {(column is null ? "" : $"page.{column} {order}, ")}page.Id {order}
            """,
            [.. all]);
        using var row = command.ExecuteReader();
        List<Device> devices = [];
        while (row.Read())
            devices.Add(_rows.Read(row));
        return devices;
    }

    private static int Count(SqliteConnection connection, string filter, List<(string, object?)> parameters)
    {
        using var command = connection.Command($"SELECT count(*) FROM Devices WHERE {filter}", [.. parameters]);
        return (int)(long)command.ExecuteScalar()!;
    }

    /// <summary><c>instr</c> takes its text as it is: it knows no wildcards.</summary>
    private static (string Filter, List<(string, object?)> Parameters) FilterOf(DeviceQuery query)
    {
        List<string> filters = [];
        List<(string, object?)> parameters = [];
        void Add(string filter, string name, object value)
        {
            filters.Add(filter);
            parameters.Add((name, value));
        }

        if (query.Status is { } status)
            Add("Status = $status", "$status", (int)status);
        if (query.Connected is { } connected)
            Add("ConnectionState = $state", "$state", (int)(connected ? ConnectionState.Connected : ConnectionState.Disconnected));
        if (!string.IsNullOrEmpty(query.Q))
            Add("instr(SearchText, $q) > 0", "$q", DeviceTexts.SearchFor(query.Q));
        if (!string.IsNullOrEmpty(query.Tag))
            Add("instr(TagText, $tag) > 0", "$tag", DeviceTexts.TagFor(query.Tag));
        return (filters.Count == 0 ? "1" : string.Join(" AND ", filters), parameters);
    }

    private static long SortKeyOf(Device device, DeviceSort sort) => sort switch
    {
        DeviceSort.LastActivity => device.Presence.LastActivityTime?.UtcTicks ?? 0,
        DeviceSort.Created => device.CreatedTime.UtcTicks,
        _ => 0,
    };

    private static (long Key, string Id) PlaceOf(string place)
    {
        var space = place.IndexOf(' ', StringComparison.Ordinal);
        return (long.Parse(place.AsSpan(0, space), CultureInfo.InvariantCulture), place[(space + 1)..]);
    }
}
