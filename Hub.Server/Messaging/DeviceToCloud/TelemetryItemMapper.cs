using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Hub.Shared.Messages;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Shows a logged message as the API, the live hub and exports do.</summary>
internal static class TelemetryItemMapper
{
    /// <summary>JSON nested deeper than this is shown as text.</summary>
    public const int MaxBodyDepth = 32;

    private static readonly JsonDocumentOptions BodyOptions = new() { MaxDepth = MaxBodyDepth };

    public static TelemetryItem ToItem(this LoggedMessage logged)
    {
        var (body, encoding) = BodyOf(logged.Message);
        return new TelemetryItem
        {
            SequenceNumber = logged.SequenceNumber,
            Partition = logged.Partition,
            Offset = OffsetOf(logged.SequenceNumber),
            DeviceId = logged.Sender.DeviceId,
            EnqueuedTime = logged.EnqueuedTime,
            SystemProperties = SystemPropertiesOf(logged),
            Properties = ToDictionary(logged.Message.Properties.Items),
            Body = body,
            BodyEncoding = encoding,
        };
    }

    /// <summary>Rises with the sequence number both as a number and as text.</summary>
    public static string OffsetOf(long sequenceNumber) => sequenceNumber.ToString("D19", CultureInfo.InvariantCulture);

    private static Dictionary<string, string> SystemPropertiesOf(LoggedMessage logged)
    {
        var properties = ToDictionary(logged.Message.SystemProperties.Items);
        // Stamps come last: nothing that a sender wrote may stand in their place (decision 18).
        properties[Names.EnqueuedTime] = logged.EnqueuedTime.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);
        properties[Names.ConnectionDeviceId] = logged.Sender.DeviceId.Value;
        properties[Names.ConnectionDeviceGenerationId] = logged.Sender.GenerationId;
        properties[Names.ConnectionAuthMethod] = logged.Sender.AuthMethod;
        properties[Names.MessageSource] = "Telemetry";
        if (logged.Sender.ModelId is { } model)
            properties[Names.DataSchema] = model;
        return properties;
    }

    private static Dictionary<string, string> ToDictionary(IReadOnlyList<KeyValuePair<string, string>> items)
    {
        var dictionary = new Dictionary<string, string>(items.Count + 6, StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
            dictionary[items[i].Key] = items[i].Value;
        return dictionary;
    }

    private static (JsonElement Body, BodyEncoding Encoding) BodyOf(Message message)
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
            var element = JsonElement.Parse(bytes, BodyOptions);
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
