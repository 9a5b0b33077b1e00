using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Http.Features;

namespace Hub.Server.Protocols.Http;

/// <summary>Reads what every endpoint of the wire contract needs from a request.</summary>
internal static class ContractRequest
{
    /// <summary>
    /// The device that the path names, percent-decoded exactly once. Taken from the target as the peer wrote it: the server's own decoding
    /// leaves <c>%2F</c> alone, so that <c>a%2Fb</c> and <c>a%252Fb</c> would be one id.
    /// </summary>
    public static bool TryGetDeviceId(HttpContext context, out DeviceId id)
    {
        id = default;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        // In absolute form (RFC 9112, 3.2.2) scheme and host come before the path.
        if (!target.StartsWith('/'))
        {
            var authority = target.IndexOf("://", StringComparison.Ordinal);
            var slash = authority < 0 ? -1 : target.IndexOf('/', authority + 3);
            if (slash < 0)
                return false;
            target = target[slash..];
        }

        var query = target.IndexOf('?', StringComparison.Ordinal);
        var segments = (query < 0 ? target : target[..query]).Split('/');
        // The route has to name the same device: it does not where the server has resolved dots in the target, and a token that covers
        // the one must not reach the other.
        return segments.Length >= 3
            && DeviceId.TryParse(Uri.UnescapeDataString(segments[2]), out id)
            && id.Value == context.GetRouteValue("id") as string;
    }

    public static ContractError InvalidDeviceId() => new(ErrorCode.ArgumentInvalid, DeviceId.Rule);

    /// <summary>The whole body; null when it has more bytes than allowed, of which no more than those were read.</summary>
    public static async ValueTask<byte[]?> ReadBodyAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
            return null;

        var reader = request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (result.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                return null;
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>The body as JSON, or the error to answer with.</summary>
    public static async ValueTask<(T? Value, ContractError? Error)> ReadJsonAsync<T>(HttpRequest request, int maxBytes)
        where T : class
    {
        if (await ReadBodyAsync(request, maxBytes) is not { } body)
            return (null, new ContractError(ErrorCode.MessageTooLarge, $"The body has more than {maxBytes} bytes."));
        // The parser passes over what it does not know without a look at its characters.
        if (!Utf8.IsValid(body))
            return (null, new ContractError(ErrorCode.IotHubFormatError, "The body is not valid UTF-8."));
        try
        {
            return JsonSerializer.Deserialize<T>(body, ContractJson.Options) is { } value
                ? (value, null)
                : (null, new ContractError(ErrorCode.ArgumentNull, "The body is null."));
        }
        catch (JsonException error)
        {
            return (null, Unreadable(error));
        }
    }

    /// <summary>Says where the JSON is wrong, and nothing of what it holds.</summary>
    public static ContractError Unreadable(JsonException error) => new(
        ErrorCode.IotHubFormatError,
        error.LineNumber is { } line ? $"The body is not the JSON that is expected here: line {line + 1}, byte {error.BytePositionInLine + 1}." : "The body is not the JSON that is expected here.");

    /// <summary>The etag of <c>If-Match</c>: with or without quotes; <c>*</c> for whatever it is; null when there is none.</summary>
    public static string? IfMatch(HttpRequest request)
    {
        var value = request.Headers.IfMatch.ToString().Trim();
        return value.Length == 0 ? null : Unquote(value);
    }

    public static string Unquote(string etag) => etag.Length >= 2 && etag[0] == '"' && etag[^1] == '"' ? etag[1..^1] : etag;
}
