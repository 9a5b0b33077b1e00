using System.Globalization;
using System.Text;
using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>
/// The body of one message in the forms an operator looks at. Made when a message is opened, not for every row. Of a JSON body the
/// lists hand out the JSON and not the bytes; these are asked for, since spaces between its parts may differ.
/// </summary>
public sealed class MessageBody
{
    /// <summary>How much of a large body is put on the page; all of it can be downloaded and copied.</summary>
    public const int ShownBytes = 64 * 1024;

    /// <summary>How many lines of eight bytes the hex view shows: with the text beside them they fit into the pane.</summary>
    public const int ShownHexLines = 512;

    public const int HexWidth = 8;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private MessageBody(byte[]? bytes, string? text, JsonElement? json)
    {
        Bytes = bytes;
        Text = text;
        Json = json;
    }

    /// <summary>All of the body, as it was sent; null while that is not known.</summary>
    public byte[]? Bytes { get; }

    /// <summary>The body as text; null when it is not UTF-8.</summary>
    public string? Text { get; }

    /// <summary>The body as JSON; null when it is none.</summary>
    public JsonElement? Json { get; }

    /// <summary>Decodes the body of a message. Text that is JSON though its content type does not say so is shown as JSON too.</summary>
    public static MessageBody Of(TelemetryItem item)
    {
        switch (item.BodyEncoding)
        {
            case BodyEncoding.Json:
                var raw = item.Body.GetRawText();
                return new MessageBody(null, raw, item.Body);
            case BodyEncoding.Utf8:
                var text = item.Body.GetString() ?? string.Empty;
                return new MessageBody(StrictUtf8.GetBytes(text), text, TryParseJson(text));
            default:
                return OfBytes(item.Body.GetBytesFromBase64());
        }
    }

    /// <summary>The body of a message of which the bytes are at hand.</summary>
    public static MessageBody OfBytes(byte[] bytes)
    {
        try
        {
            var text = StrictUtf8.GetString(bytes);
            return new MessageBody(bytes, text, TryParseJson(text));
        }
        catch (DecoderFallbackException)
        {
            // Not text: the hex view is what there is.
            return new MessageBody(bytes, null, null);
        }
    }

    /// <summary>The text as shown: JSON indented, hidden characters made visible, cut at <see cref="ShownBytes"/>.</summary>
    public string ShownText() => VisibleText.Block(Cut(Json is { } json && Text!.Length <= ShownBytes ? Indent(json) : Text ?? string.Empty));

    /// <summary>The base64 as shown.</summary>
    public static string ShownBase64(byte[] bytes) => Convert.ToBase64String(bytes.AsSpan(0, Math.Min(bytes.Length, ShownBytes)));

    /// <summary>A hex view: offset, eight bytes, the same as ASCII.</summary>
    public static string ShownHex(byte[] bytes)
    {
        var hex = new StringBuilder();
        var end = Math.Min(bytes.Length, ShownHexLines * HexWidth);
        for (var line = 0; line < end; line += HexWidth)
            AppendHexLine(hex, line, bytes.AsSpan(line, Math.Min(HexWidth, bytes.Length - line)));
        return hex.ToString();
    }

    private static JsonElement? TryParseJson(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..])
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            // An escape of half a character is grammar but no text: written once, it shows.
            _ = Indent(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Looked like JSON and is not: shown as text.
            return null;
        }
    }

    private static string Indent(JsonElement json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            json.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static string Cut(string text)
    {
        if (text.Length <= ShownBytes)
            return text;
        // Not between the halves of a surrogate pair.
        return char.IsHighSurrogate(text[ShownBytes - 1]) ? text[..(ShownBytes - 1)] : text[..ShownBytes];
    }

    private static void AppendHexLine(StringBuilder hex, int offset, ReadOnlySpan<byte> bytes)
    {
        hex.Append(offset.ToString("x8", CultureInfo.InvariantCulture)).Append("  ");
        for (var i = 0; i < HexWidth; i++)
        {
            hex.Append(i < bytes.Length ? bytes[i].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(' ');
            if (i == 3)
                hex.Append(' ');
        }

        hex.Append(' ');
        foreach (var b in bytes)
            hex.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
        hex.Append('\n');
    }
}
