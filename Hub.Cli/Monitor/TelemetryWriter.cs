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
            output.WriteLine(json ? JsonSerializer.Serialize(item, Json.Line) : Line(item));
            _shown++;
            if (--limit == 0)
                return false;
        }

        if (batch.Dropped > 0 || batch.Sampled > 0)
            Note(string.Create(CultureInfo.InvariantCulture, $"not shown: {batch.Dropped} dropped, {batch.Sampled} left out by sampling"));
        output.Flush();
        return true;
    }

    /// <summary>Says something beside the messages, where it disturbs no pipe.</summary>
    public void Note(string text) => notes.WriteLine("-- " + text);

    public void Sum() =>
        Note(string.Create(CultureInfo.InvariantCulture, $"{_shown} shown, {_received} received, {_dropped} dropped, {_sampled} left out by sampling"));

    private static string Line(TelemetryItem item)
    {
        var time = item.EnqueuedTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var properties = item.Properties.Count == 0 ? "" : " [" + string.Join(' ', item.Properties.Select(p => $"{p.Key}={p.Value}")) + "]";
        var body = item.Body.ValueKind == JsonValueKind.String ? item.Body.GetString()! : item.Body.GetRawText();
        return Harmless($"{time} {item.Partition}:{item.SequenceNumber} {item.DeviceId}{properties} {body}");
    }

    /// <summary>What a device sends must not steer the terminal: control characters become visible ones.</summary>
    private static string Harmless(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;
}
