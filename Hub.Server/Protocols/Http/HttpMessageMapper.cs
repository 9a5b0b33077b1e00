using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging;
using Hub.Shared.Api;

namespace Hub.Server.Protocols.Http;

/// <summary>What a request's messages are, or why it holds none.</summary>
internal readonly record struct MappedMessages(ImmutableArray<Message>? Messages, ContractError? Error);

/// <summary>Makes messages of a request (wire contract, section 1.5): the body as it is, or the items of a batch.</summary>
internal static class HttpMessageMapper
{
    public const string BatchContentType = "application/vnd.microsoft.iothub.json";
    public const int MaxBatchMessages = 500;

    public static bool IsBatch(HttpRequest request) =>
        request.ContentType is { } type && type.AsSpan().Trim().StartsWith(BatchContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>One message. The request's own Content-Type says nothing about it: clients send none, or what their library sets.</summary>
    public static MappedMessages MapSingle(IHeaderDictionary headers, byte[] body)
    {
        var systemProperties = new List<KeyValuePair<string, string>>();
        var properties = new List<KeyValuePair<string, string>>();
        foreach (var header in headers)
        {
            // Of a header given twice the last value counts, as of a property given twice.
            if (HttpPropertyNames.Add(header.Key, header.Value.Count == 0 ? string.Empty : header.Value[^1] ?? string.Empty, systemProperties, properties) is { } fault)
                return new(null, new ContractError(ErrorCode.ArgumentInvalid, fault));
        }

        return new([MessageOf(body, systemProperties, properties)], null);
    }

    /// <summary>The items of a batch, all or none.</summary>
    public static MappedMessages MapBatch(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, ContractJson.DocumentOptions);
            var items = document.RootElement;
            if (items.ValueKind != JsonValueKind.Array || items.GetArrayLength() is 0 or > MaxBatchMessages)
                return new(null, new ContractError(ErrorCode.ArgumentInvalid, $"A batch is a JSON array of 1 to {MaxBatchMessages} messages."));

            var messages = new Message[items.GetArrayLength()];
            for (var i = 0; i < messages.Length; i++)
            {
                if (MapItem(items[i], out messages[i]) is { } fault)
                    return new(null, new ContractError(ErrorCode.ArgumentInvalid, $"Message {i} of the batch: {fault}"));
            }

            return new([.. messages], null);
        }
        catch (JsonException error)
        {
            return new(null, ContractRequest.Unreadable(error));
        }
        catch (InvalidOperationException)
        {
            // What the reader says of an escape that is half a surrogate pair.
            return new(null, new ContractError(ErrorCode.IotHubFormatError, "The body holds text that is not valid Unicode."));
        }
    }

    private static string? MapItem(JsonElement item, out Message message)
    {
        message = null!;
        if (item.ValueKind != JsonValueKind.Object)
            return "it is no JSON object.";

        ReadOnlyMemory<byte> body = default;
        if (item.TryGetProperty("body", out var text) && text.ValueKind != JsonValueKind.Null)
        {
            if (text.ValueKind != JsonValueKind.String)
                return "its body is no string.";
            if (IsText(item))
                body = Encoding.UTF8.GetBytes(text.GetString() ?? string.Empty);
            else if (text.TryGetBytesFromBase64(out var bytes))
                body = bytes;
            else
                return "its body is no base64, send \"base64Encoded\": false with a body of plain text.";
        }

        var systemProperties = new List<KeyValuePair<string, string>>();
        var properties = new List<KeyValuePair<string, string>>();
        if (item.TryGetProperty("properties", out var given) && given.ValueKind != JsonValueKind.Null)
        {
            if (given.ValueKind != JsonValueKind.Object)
                return "its properties are no JSON object.";
            foreach (var property in given.EnumerateObject())
            {
                if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                    return "the value of a property is a string, a number or a boolean.";
                var value = property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? property.Value.GetRawText() : property.Value.ToString();
                if (HttpPropertyNames.Add(property.Name, value, systemProperties, properties) is { } fault)
                    return fault;
            }
        }

        message = MessageOf(body, systemProperties, properties);
        return null;
    }

    private static bool IsText(JsonElement item) =>
        item.TryGetProperty("base64Encoded", out var encoded) && encoded.ValueKind == JsonValueKind.False;

    private static Message MessageOf(
        ReadOnlyMemory<byte> body, List<KeyValuePair<string, string>> systemProperties, List<KeyValuePair<string, string>> properties) => new()
        {
            Body = body,
            SystemProperties = SystemProperties.Create(systemProperties),
            Properties = ApplicationProperties.Create(properties),
        };
}
