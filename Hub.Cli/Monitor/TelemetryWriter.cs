using System.Globalization;
using System.Text.Json;
using Hub.Shared.Live;
using Hub.Shared.Messages;

namespace Hub.Cli.Monitor;

/// <summary>Prints batches: a line for each message, and a note when messages were dropped or left out.</summary>
internal sealed class TelemetryWriter(TextWriter output, TextWriter notes, bool json)
{
    private long _shown;
    private long _received;
    private long _dropped;
    private long _sampled;

    /// <summary>False when the limit is reached.</summary>
    public bool Write(LiveBatch<TelemetryItem> batch, ref long limit)
    {
        _received += batch.Received;
        _dropped += batch.Dropped;
        _sampled += batch.Sampled;
        foreach (var item in batch.Items)
        {
            WriteHeading();
            output.WriteLine(json ? JsonSerializer.Serialize(item, Json.Line) : Fitted(Line(item)));
            _shown++;
            if (--limit == 0)
                return false;
        }

        if (batch.Dropped > 0 || batch.Sampled > 0)
            Note(string.Create(CultureInfo.InvariantCulture, $"not shown: {batch.Dropped} passed over or no longer kept, {batch.Sampled} left out by sampling"));
        output.Flush();
        return true;
    }

    /// <summary>Says something beside the messages, where it disturbs no pipe.</summary>
    public void Note(string text) => notes.WriteLine("-- " + text);

    public void Sum() =>
        Note(string.Create(CultureInfo.InvariantCulture, $"{_shown} shown, {_received} received, {_dropped} dropped, {_sampled} left out by sampling"));

    private static string Line(TelemetryItem item)
    {
        var time = item.EnqueuedTime.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var place = string.Create(CultureInfo.InvariantCulture, $"{item.Partition}:{item.SequenceNumber}");
        var properties = item.Properties.Count == 0 ? "" : "[" + string.Join(' ', item.Properties.Select(p => $"{p.Key}={p.Value}")) + "] ";
        var body = item.Body.ValueKind == JsonValueKind.String ? item.Body.GetString()! : item.Body.GetRawText();
        var kind = item.BodyEncoding == BodyEncoding.Base64 ? "base64 " : "";
        return Terminal.Harmless($"{time}  {place,-9}  {item.DeviceId.Value,-20}  {properties}{kind}{body}");
    }

    /// <summary>In a terminal a message has one line; elsewhere all of it stands there.</summary>
    private string Fitted(string line) =>
        Terminal.WidthOf(output) is { } width && line.Length > width ? string.Concat(line.AsSpan(0, Math.Max(width - 1, 0)), "\u2026") : line;

    private void WriteHeading()
    {
        if (_shown == 0 && !json && Terminal.WidthOf(output) is not null)
            output.WriteLine(Fitted($"{"time (UTC)",-12}  {"place",-9}  {"device",-20}  [properties] body"));
    }
}
