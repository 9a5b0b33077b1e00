using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Hub.Shared.Messages;

namespace Hub.Server.Messaging;

/// <summary>How a body stands in a JSON document: as the JSON that it is, as text, or as base64.</summary>
internal static class MessageBody
{
    /// <summary>JSON nested deeper than this is shown as text.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>The body in the shape that its content type and its bytes allow.</summary>
    public static (JsonElement Body, BodyEncoding Encoding) BodyShape(this Message message)
    {
        var bytes = message.Body.Span;
        if (!Utf8.IsValid(bytes))
            return (JsonSerializer.SerializeToElement(Convert.ToBase64String(bytes)), BodyEncoding.Base64);
        if (IsJson(message.SystemProperties.ContentType) && TryParse(bytes) is { } json)
            return (json, BodyEncoding.Json);
        return (JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(bytes)), BodyEncoding.Utf8);
    }

    private static bool IsJson(string? contentType)
    {
        var mediaType = contentType.AsSpan();
        var parameters = mediaType.IndexOf(';');
        mediaType = (parameters < 0 ? mediaType : mediaType[..parameters]).Trim();
        return mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static JsonElement? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var element = JsonElement.Parse(bytes, Options);
            // An escape of half a surrogate pair is grammar, but no text: it cannot be written again.
            if (bytes.IndexOf("\\ud"u8) >= 0 || bytes.IndexOf("\\uD"u8) >= 0)
                Write(element);
            return element;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not the JSON that its content type says: it is shown as the text that it is.
            return null;
        }
    }

    private static void Write(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        element.WriteTo(writer);
    }
}
