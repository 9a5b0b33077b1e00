using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Portal.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;

namespace Hub.Portal.Streaming;

/// <summary>
/// Reads a message of the live stream by hand. The portal's code is interpreted in the browser, where the serialiser's general way
/// (arguments boxed one by one, a converter for each) costs several times as much; with hundreds of rows a second that is what the page is busy with.
/// </summary>
internal sealed class TelemetryItemConverter : JsonConverter<TelemetryItem>
{
    // Most messages have no properties of their own.
    private static readonly Dictionary<string, string> None = [];

    public override TelemetryItem Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        long? sequenceNumber = null;
        DeviceId? deviceId = null;
        DateTimeOffset? enqueuedTime = null;
        var partition = -1;
        var offset = string.Empty;
        IReadOnlyDictionary<string, string> systemProperties = None, properties = None;
        JsonElement body = default;
        BodyEncoding? encoding = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("sequenceNumber"u8))
                sequenceNumber = Number(ref reader);
            else if (reader.ValueTextEquals("partition"u8))
                partition = Number(ref reader) is >= 0 and <= int.MaxValue and var number ? (int)number : throw new JsonException("A partition is a number from 0.");
            else if (reader.ValueTextEquals("offset"u8))
                offset = Text(ref reader);
            else if (reader.ValueTextEquals("deviceId"u8))
                deviceId = DeviceId.TryParse(Text(ref reader), out var id) ? id : throw new JsonException(DeviceId.Rule);
            else if (reader.ValueTextEquals("enqueuedTime"u8))
                enqueuedTime = reader.Read() ? reader.GetDateTimeOffset() : null;
            else if (reader.ValueTextEquals("systemProperties"u8))
                systemProperties = Pairs(ref reader);
            else if (reader.ValueTextEquals("properties"u8))
                properties = Pairs(ref reader);
            else if (reader.ValueTextEquals("body"u8))
                body = reader.Read() ? JsonElement.ParseValue(ref reader) : default;
            else if (reader.ValueTextEquals("bodyEncoding"u8))
                encoding = Encoding(ref reader);
            else
                reader.Skip();
        }

        return new TelemetryItem
        {
            SequenceNumber = sequenceNumber ?? throw Missing("sequenceNumber"),
            Partition = partition >= 0 ? partition : throw Missing("partition"),
            Offset = offset,
            DeviceId = deviceId ?? throw Missing("deviceId"),
            EnqueuedTime = enqueuedTime ?? throw Missing("enqueuedTime"),
            SystemProperties = systemProperties,
            Properties = properties,
            Body = body.ValueKind != JsonValueKind.Undefined ? body : throw Missing("body"),
            BodyEncoding = encoding ?? throw Missing("bodyEncoding"),
        };
    }

    public override void Write(Utf8JsonWriter writer, TelemetryItem value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, PortalJson.Default.TelemetryItem);

    private static JsonException Missing(string name) => new($"The message has no {name}.");

    private static string Text(ref Utf8JsonReader reader) => reader.Read() ? reader.GetString() ?? string.Empty : string.Empty;

    private static long Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Number ? reader.GetInt64()
            : long.TryParse(reader.GetString(), CultureInfo.InvariantCulture, out var number) ? number
            : throw new JsonException("A number was expected.");
    }

    private static BodyEncoding Encoding(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.ValueTextEquals("json"u8) ? BodyEncoding.Json
            : reader.ValueTextEquals("utf8"u8) ? BodyEncoding.Utf8
            : reader.ValueTextEquals("base64"u8) ? BodyEncoding.Base64
            : throw new JsonException("The form of a body is json, utf8 or base64.");
    }

    private static Dictionary<string, string> Pairs(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return None;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("Properties are an object.");
        Dictionary<string, string>? pairs = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            (pairs ??= new Dictionary<string, string>(StringComparer.Ordinal))[name] = Text(ref reader);
        }

        return pairs ?? None;
    }
}
