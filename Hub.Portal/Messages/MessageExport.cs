using System.Buffers;
using System.Text;
using System.Text.Json;
using Hub.Portal.Api;
using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>Writes messages as files: JSON lines as the API gives them, or CSV of the columns shown.</summary>
public static class MessageExport
{
    /// <summary>Rows made at once; between two such parts the browser gets its turn.</summary>
    private const int RowsAtOnce = 100;

    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n\t;'");

    /// <summary>One message a line, whole, in the form of the API.</summary>
    public static Task<byte[]> ToJsonLinesAsync(IReadOnlyList<TelemetryItem> items, CancellationToken cancellationToken) =>
        WriteAsync(items, null, static (item, text) => text.Append(JsonSerializer.Serialize(item, PortalJson.Default.TelemetryItem)).Append('\n'), cancellationToken);

    /// <summary>The columns shown, with a line of titles (RFC 4180).</summary>
    public static Task<byte[]> ToCsvAsync(
        IReadOnlyList<TelemetryItem> items, MessageColumns columns, CancellationToken cancellationToken) =>
        WriteAsync(items, TitleLine(columns), (item, text) => AppendCsvLine(text, columns, item), cancellationToken);

    /// <summary>
    /// A CSV field. A spreadsheet runs a cell that begins like a formula, quoted or not, so such text gets an apostrophe before it.
    /// </summary>
    public static string CsvField(string value, bool isNumber)
    {
        // A JSON number holds nothing but a number: it may keep its minus sign, and the file its use.
        var risky = !isNumber && value.AsSpan().TrimStart(' ') is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠', ..];
        if (risky)
            value = "'" + value;
        return risky || value.AsSpan().ContainsAny(Quoted) || value is [' ', ..] or [.., ' ']
            ? "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
            : value;
    }

    private static async Task<byte[]> WriteAsync(
        IReadOnlyList<TelemetryItem> items, string? title, Action<TelemetryItem, StringBuilder> append, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream();
        var text = new StringBuilder(title);
        for (var i = 0; i < items.Count; i++)
        {
            append(items[i], text);
            if (i % RowsAtOnce == RowsAtOnce - 1)
            {
                Flush(text, file);
                // Yielding alone would not let the browser draw: its one thread must go back to the event loop.
                await Task.Delay(1, cancellationToken);
            }
        }

        Flush(text, file);
        return file.ToArray();
    }

    private static void Flush(StringBuilder text, MemoryStream file)
    {
        file.Write(Encoding.UTF8.GetBytes(text.ToString()));
        text.Clear();
    }

    private static string TitleLine(MessageColumns columns) => string.Join(',', columns.Items.Select(column => CsvField(column.Key, isNumber: false))) + "\r\n";

    private static void AppendCsvLine(StringBuilder text, MessageColumns columns, TelemetryItem item)
    {
        for (var i = 0; i < columns.Items.Count; i++)
        {
            if (i > 0)
                text.Append(',');
            text.Append(CsvField(columns.Items[i].Value(item), columns.Items[i].IsNumber(item)));
        }

        text.Append("\r\n");
    }
}
