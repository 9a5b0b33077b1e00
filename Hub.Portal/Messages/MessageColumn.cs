using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>What a column shows.</summary>
public enum MessageColumnKind
{
    Time,
    Device,
    Sequence,
    Partition,
    Body,
    Properties,
    SystemProperty,
    Property,
    Path,
}

/// <summary>One column of a message grid. Its key is what stands in the URL: <c>time</c>, <c>prop:alert</c>, <c>$.temp</c>.</summary>
public sealed record MessageColumn
{
    /// <summary>How much of a value a cell shows; the detail pane has all of it.</summary>
    private const int CellLength = 200;

    private const string PropertyPrefix = "prop:";
    private const string SystemPrefix = "sys:";

    private MessageColumn(MessageColumnKind kind, string key, string name)
    {
        Kind = kind;
        Key = key;
        Name = name;
    }

    public static MessageColumn Time { get; } = new(MessageColumnKind.Time, "time", "time");

    public static MessageColumn Device { get; } = new(MessageColumnKind.Device, "device", "device");

    public static MessageColumn Sequence { get; } = new(MessageColumnKind.Sequence, "seq", "seq");

    public static MessageColumn Partition { get; } = new(MessageColumnKind.Partition, "partition", "partition");

    public static MessageColumn Body { get; } = new(MessageColumnKind.Body, "body", "body");

    public static MessageColumn Properties { get; } = new(MessageColumnKind.Properties, "properties", "properties");

    /// <summary>The columns that every message has, in the order in which they are offered.</summary>
    public static IReadOnlyList<MessageColumn> BuiltIn { get; } = [Time, Device, Partition, Sequence, Body, Properties];

    public MessageColumnKind Kind { get; }

    public string Key { get; }

    /// <summary>The name of the property, or the path; of a built-in column its key, for which there is a localised title.</summary>
    public string Name { get; }

    /// <summary>The place in the body; null in columns of other kinds.</summary>
    public JsonPath? Path { get; private init; }

    public static MessageColumn Property(string name) => new(MessageColumnKind.Property, PropertyPrefix + name, name);

    public static MessageColumn SystemProperty(string name) => new(MessageColumnKind.SystemProperty, SystemPrefix + name, name);

    public static MessageColumn At(JsonPath path) => new(MessageColumnKind.Path, path.ToString(), path.ToString()) { Path = path };

    /// <summary>Reads the key of a column; false when it names none.</summary>
    public static bool TryParse(string? key, [NotNullWhen(true)] out MessageColumn? column)
    {
        column = BuiltIn.FirstOrDefault(builtIn => builtIn.Key == key);
        if (column is not null || string.IsNullOrEmpty(key))
            return column is not null;
        if (key.StartsWith(PropertyPrefix, StringComparison.Ordinal) && key.Length > PropertyPrefix.Length)
            column = Property(key[PropertyPrefix.Length..]);
        else if (key.StartsWith(SystemPrefix, StringComparison.Ordinal) && key.Length > SystemPrefix.Length)
            column = SystemProperty(key[SystemPrefix.Length..]);
        else if (JsonPath.TryParse(key, out var path))
            column = At(path);
        return column is not null;
    }

    /// <summary>The text of a cell: one line, cut, hidden characters made visible.</summary>
    public string Cell(TelemetryItem item, TimeZoneInfo zone, bool dates = false) => Kind switch
    {
        MessageColumnKind.Time => TimeZoneInfo.ConvertTime(item.EnqueuedTime, zone).ToString(dates ? "yyyy-MM-dd HH:mm:ss.fff" : "HH:mm:ss.fff", CultureInfo.InvariantCulture),
        MessageColumnKind.Device => item.DeviceId.Value,
        MessageColumnKind.Body => BodyCell(item),
        MessageColumnKind.Path when item.BodyEncoding != BodyEncoding.Json => string.Empty,
        _ => Line(Value(item)),
    };

    /// <summary>The whole value, as it is exported.</summary>
    public string Value(TelemetryItem item) => Kind switch
    {
        MessageColumnKind.Time => item.EnqueuedTime.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        MessageColumnKind.Device => item.DeviceId.Value,
        MessageColumnKind.Sequence => item.SequenceNumber.ToString(CultureInfo.InvariantCulture),
        MessageColumnKind.Partition => item.Partition.ToString(CultureInfo.InvariantCulture),
        MessageColumnKind.Body => Text(item.Body),
        MessageColumnKind.Properties => AllProperties(item),
        MessageColumnKind.SystemProperty => item.SystemProperties.GetValueOrDefault(Name, string.Empty),
        MessageColumnKind.Property => item.Properties.GetValueOrDefault(Name, string.Empty),
        _ => Path!.TryFind(item.Body, out var found) ? Text(found) : string.Empty,
    };

    /// <summary>Whether the value is a number by its type, and not text that a device chose.</summary>
    public bool IsNumber(TelemetryItem item) => Kind switch
    {
        MessageColumnKind.Sequence or MessageColumnKind.Partition => true,
        MessageColumnKind.Path => Path!.TryFind(item.Body, out var found) && found.ValueKind == JsonValueKind.Number,
        _ => false,
    };

    private static string BodyCell(TelemetryItem item)
    {
        // Looks at the bytes of the document in place: a body may be 256 KiB and a cell shows its beginning.
        var raw = JsonMarshal.GetRawUtf8Value(item.Body);
        if (item.BodyEncoding == BodyEncoding.Json)
            return Line(Encoding.UTF8.GetString(raw.Length <= CellLength ? raw : raw[..CellLength]), raw.Length > CellLength);
        if (item.BodyEncoding == BodyEncoding.Utf8)
            return Line(item.Body.GetString() ?? string.Empty);

        var size = (raw.Length - 2) / 4 * 3 - (raw is [.., (byte)'=', (byte)'=', _] ? 2 : raw is [.., (byte)'=', _] ? 1 : 0);
        return string.Create(CultureInfo.InvariantCulture, $"0x{Convert.ToHexStringLower(FirstBytes(raw))}{(size > 24 ? "…" : string.Empty)} ({size} B)");
    }

    private static byte[] FirstBytes(ReadOnlySpan<byte> rawBase64)
    {
        var text = rawBase64[1..^1];
        return Convert.FromBase64String(Encoding.ASCII.GetString(text[..Math.Min(32, text.Length)]));
    }

    private static string AllProperties(TelemetryItem item)
    {
        if (item.Properties.Count == 0)
            return string.Empty;
        var all = new StringBuilder();
        foreach (var (name, value) in item.Properties)
            all.Append(all.Length > 0 ? "; " : string.Empty).Append(name).Append('=').Append(value);
        return all.ToString();
    }

    private static string Text(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString() ?? string.Empty,
        JsonValueKind.Undefined => string.Empty,
        _ => element.GetRawText(),
    };

    private static string Line(string text, bool more = false)
    {
        if (text.Length > CellLength)
            (text, more) = (text[..(char.IsHighSurrogate(text[CellLength - 1]) ? CellLength - 1 : CellLength)], true);
        text = VisibleText.Line(text);
        return more ? text + "…" : text;
    }
}
