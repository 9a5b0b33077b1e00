using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Hub.Shared.Api;

namespace Hub.Server.Protocols.Http;

/// <summary>
/// An error as the wire contract's clients read it (section 5.3, decision 15): the header names the code, and the classic body names
/// it again before the sentence. Node takes name and sentence out of the body, split at semicolons; .NET sets a code only when header
/// and body name the same.
/// </summary>
internal sealed class ContractError(ErrorCode code, string sentence) : IResult
{
    public const string HeaderName = "iothub-errorcode";

    public TimeSpan? RetryAfter { get; init; }

    public ErrorCode Code => code;

    public string Sentence => sentence;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = (int)code / 1000;
        response.Headers[HeaderName] = code.ToString();
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        response.ContentType = "application/json; charset=utf-8";

        var time = httpContext.RequestServices.GetRequiredService<TimeProvider>();
        var body = JsonSerializer.SerializeToUtf8Bytes(new Body($"ErrorCode:{code};{sentence.Replace(';', ',')}", TrackingId(time)), ContractJson.Options);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    /// <summary>Lets a user's report be matched to the time and the answer.</summary>
    private static string TrackingId(TimeProvider time) => string.Create(
        CultureInfo.InvariantCulture,
        $"Tracking ID:{RandomNumberGenerator.GetHexString(32, lowercase: true)}-G:0-TimeStamp:{time.GetUtcNow():MM/dd/yyyy HH:mm:ss}");

    private sealed record Body(
        [property: System.Text.Json.Serialization.JsonPropertyName("Message")] string Message,
        [property: System.Text.Json.Serialization.JsonPropertyName("ExceptionMessage")] string ExceptionMessage);
}
