using Hub.Server.Storage.Model;
using Hub.Shared.Devices;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// The SQL of one question to the list of devices. The indexes and the order of the joins are given, since SQLite has no statistics
/// to choose by. Aliases: d for Devices, p for Presence, t for DeviceTags. Whatever came from outside is a parameter.
/// </summary>
internal sealed class DeviceListSql
{
    /// <summary>Up to so many devices of a state are looked up one by one rather than searched all for a text.</summary>
    private const int FewOfState = 20_000;

    private const string JoinPresence = "CROSS JOIN Presence p ON p.DeviceNumber = ";
    private const string JoinDevices = "CROSS JOIN Devices d ON d.Number = ";

    private readonly DeviceQuery _query;
    private readonly ListPlace? _after;
    private readonly string? _text;
    private readonly string? _tag;
    private readonly string? _state;

    public DeviceListSql(DeviceQuery query, ListPlace? after)
    {
        (_query, _after) = (query, after);
        Parameters.Add(("$limit", query.Limit + 1));
        _text = TextFilter();
        _tag = TagFilter();
        _state = StateFilter();
        if (after is not null)
            Parameters.AddRange(query.Sort == DeviceSort.Id ? [("$id", after.Id)] : [("$key", after.Key), ("$number", after.Number)]);
    }

    public List<(string Name, object? Value)> Parameters { get; } = [];

    public bool HasFilter => _text is not null || _tag is not null || _state is not null;

    /// <summary>The numbers of all that match, in no order, by way of what leaves the fewest: a state that few have, a tag, or else the texts.</summary>
    public string Matches(SqliteConnection connection)
    {
        var byState = $"FROM Presence p INDEXED BY {PresenceRowMapping.StateIndex}";
        if ((_text is null && _tag is null)
            || (_state is not null && connection.Scalar($"SELECT count(*) {byState} WHERE {_state}", [.. Parameters]) <= FewOfState))
        {
            return $"SELECT p.DeviceNumber AS Number {byState} {Join(_text, JoinDevices, "p.DeviceNumber")} "
                + $"WHERE {And(_state, HasTag("p.DeviceNumber"), _text)}";
        }

        return _tag is not null
            ? $"SELECT t.DeviceNumber AS Number FROM DeviceTags t INDEXED BY {DeviceTagRowMapping.ValueIndex} "
                + $"{Join(_state, JoinPresence, "t.DeviceNumber")} {Join(_text, JoinDevices, "t.DeviceNumber")} WHERE {And(_tag, _state, _text)}"
            : $"SELECT d.Number AS Number FROM Devices d INDEXED BY {DeviceRowMapping.SearchIndex} "
                + $"{Join(_state, JoinPresence, "d.Number")} WHERE {And(_text, _state)}";
    }

    /// <summary>How many match. Most devices are away, so those that are not are taken off all rather than each of the others looked up.</summary>
    public int Count(SqliteConnection connection) =>
        _query.Connected is false && (_text is not null || _tag is not null)
            ? new DeviceListSql(_query with { Connected = null }, null).Count(connection)
                - new DeviceListSql(_query with { Connected = true }, null).Count(connection)
            : (int)connection.Scalar($"SELECT count(*) FROM ({Matches(connection)})", [.. Parameters])!.Value;

    /// <summary>The rows of the page: of those whose numbers were gathered into <c>$numbers</c>, or along the index of the order.</summary>
    public string Page(bool gathered)
    {
        var number = _query.Sort == DeviceSort.LastActivity ? "p.DeviceNumber" : "d.Number";
        var (order, after) = _query.Desc ? ("DESC", "<") : ("ASC", ">");
        var key = _query.Sort switch
        {
            DeviceSort.LastActivity => "p.LastActivityTime",
            DeviceSort.Created => "d.CreatedTime",
            _ => "d.Id",
        };
        var place = _after is null ? null : _query.Sort == DeviceSort.Id ? $"{key} {after} $id" : $"({key}, {number}) {after} ($key, $number)";
        var (from, filter) = gathered ? (Gathered(), And(place)) : (Walked(number), And(place, _state, _text, HasTag(number)));
        return $"""
            WITH page AS MATERIALIZED (
                SELECT {number} AS Number, {key} AS SortKey FROM {from}
                WHERE {filter} ORDER BY {key} {order}{(_query.Sort == DeviceSort.Id ? "" : $", {number} {order}")} LIMIT $limit)
            SELECT {DeviceRows.Columns}, d.Number FROM page CROSS JOIN Devices d ON d.Number = page.Number {JoinPresence}d.Number
            ORDER BY page.SortKey {order}, page.Number {order}
            """;
    }

    private string Gathered() => $"json_each($numbers) n {(_query.Sort == DeviceSort.LastActivity ? JoinPresence : JoinDevices)}n.value";

    private string Walked(string number) => _query.Sort switch
    {
        DeviceSort.LastActivity => $"Presence p INDEXED BY {PresenceRowMapping.LastActivityIndex} {Join(_text, JoinDevices, number)}",
        DeviceSort.Created => $"Devices d INDEXED BY {DeviceRowMapping.CreatedIndex} {Join(_state, JoinPresence, number)}",
        _ => $"Devices d INDEXED BY {DeviceRowMapping.SearchIndex} {Join(_state, JoinPresence, number)}",
    };

    private string? HasTag(string number) =>
        _tag is null ? null : $"EXISTS (SELECT 1 FROM DeviceTags t WHERE t.DeviceNumber = {number} AND {_tag})";

    /// <summary><c>instr</c> takes its text as it is: it knows no wildcards.</summary>
    private string? TextFilter()
    {
        if (string.IsNullOrEmpty(_query.Q))
            return null;
        Parameters.Add(("$q", DeviceTexts.SearchFor(_query.Q)));
        return "instr(d.SearchText, $q) > 0";
    }

    /// <summary>A name, or a name and a value with the first '=' between them: names hold none.</summary>
    private string? TagFilter()
    {
        if (string.IsNullOrEmpty(_query.Tag))
            return null;
        var at = _query.Tag.IndexOf('=', StringComparison.Ordinal);
        Parameters.Add(("$tag", at < 0 ? _query.Tag : _query.Tag[..at]));
        if (at < 0)
            return "t.Name = $tag";
        Parameters.Add(("$value", _query.Tag[(at + 1)..]));
        return "t.Name = $tag AND t.Value = $value";
    }

    private string? StateFilter()
    {
        if (_query.Status is { } status)
            Parameters.Add(("$status", (int)status));
        if (_query.Connected is { } connected)
            Parameters.Add(("$state", (int)(connected ? ConnectionState.Connected : ConnectionState.Disconnected)));
        return (_query.Connected, _query.Status) switch
        {
            (null, null) => null,
            (_, null) => "p.ConnectionState = $state",
            // Both states, so that the index is of use though it begins with them.
            (null, _) => "p.ConnectionState IN (0, 1) AND p.Status = $status",
            _ => "p.ConnectionState = $state AND p.Status = $status",
        };
    }

    private static string Join(string? filter, string join, string number) => filter is null ? "" : join + number;

    private static string And(params ReadOnlySpan<string?> filters)
    {
        var all = string.Join(" AND ", filters.ToArray().Where(filter => filter is not null));
        return all.Length == 0 ? "1" : all;
    }
}
