using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>The columns of a grid in their order, and the time zone they show times in. Immutable: another choice is another instance.</summary>
public sealed class MessageColumns
{
    /// <summary>More would fit on no screen.</summary>
    public const int MaxCount = 20;

    private static readonly MessageColumn[] DefaultColumns = [MessageColumn.Time, MessageColumn.Device, MessageColumn.Body, MessageColumn.Properties];

    private MessageColumns(IReadOnlyList<MessageColumn> items, TimeZoneInfo zone)
    {
        Items = items;
        Zone = zone;
    }

    public IReadOnlyList<MessageColumn> Items { get; }

    public TimeZoneInfo Zone { get; }

    /// <summary>Whether times show their day: stored messages may be of any, live ones are of now.</summary>
    public bool HasDates { get; private init; }

    public bool AreDefault => Items.SequenceEqual(DefaultColumns);

    /// <summary>What a grid shows when nothing was chosen.</summary>
    public static MessageColumns Default(TimeZoneInfo zone) => new(DefaultColumns, zone);

    /// <summary>Reads the choice in a URL; keys that name no column are left out, and none left means the default.</summary>
    public static MessageColumns Parse(IEnumerable<string?>? keys, TimeZoneInfo zone)
    {
        var items = new List<MessageColumn>();
        foreach (var key in keys ?? [])
        {
            if (items.Count < MaxCount && MessageColumn.TryParse(key, out var column) && !items.Contains(column))
                items.Add(column);
        }

        return items.Count > 0 ? new(items, zone) : Default(zone);
    }

    /// <summary>What stands in the URL; null for the default.</summary>
    public string[]? Keys() => AreDefault ? null : [.. Items.Select(column => column.Key)];

    public bool Contains(MessageColumn column) => Items.Contains(column);

    /// <summary>The columns with this one shown or not. New ones stand before the body, which takes what width is left.</summary>
    public MessageColumns With(MessageColumn column, bool shown)
    {
        var items = Items.Where(item => item != column).ToList();
        if (shown && items.Count < MaxCount)
            items.Insert(items is [.., { Kind: MessageColumnKind.Body }] && column.Kind != MessageColumnKind.Body ? items.Count - 1 : items.Count, column);
        return items.Count > 0 ? new(items, Zone) { HasDates = HasDates } : this;
    }

    /// <summary>The columns with this one that many places further right (left when negative), as far as it goes.</summary>
    public MessageColumns Moved(MessageColumn column, int places)
    {
        var items = Items.ToList();
        var at = items.IndexOf(column);
        if (at < 0)
            return this;
        items.RemoveAt(at);
        items.Insert(Math.Clamp(at + places, 0, items.Count), column);
        return new(items, Zone) { HasDates = HasDates };
    }

    public MessageColumns WithDates() => new(Items, Zone) { HasDates = true };

    public string[] CellsOf(TelemetryItem item)
    {
        var cells = new string[Items.Count];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = Items[i].Cell(item, Zone, HasDates);
        return cells;
    }
}
