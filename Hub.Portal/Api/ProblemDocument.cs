using System.Text.Json;

namespace Hub.Portal.Api;

/// <summary>Reads <c>application/problem+json</c>.</summary>
internal static class ProblemDocument
{
    public static async Task<ApiProblem> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter?.Delta;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                ? new ApiProblem(status, Text(root, "detail") ?? Text(root, "title"), Text(root, "errorCode"), retryAfter)
                : new ApiProblem(status, RetryAfter: retryAfter);
        }
        catch (JsonException)
        {
            // A refusal without a problem document: the status has to do.
            return new ApiProblem(status, RetryAfter: retryAfter);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            }
            : null;
}
