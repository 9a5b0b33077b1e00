using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hub.Portal.Session;
using Hub.Shared.Security;

namespace Hub.Portal.Api;

/// <summary>
/// The one way from the portal to <c>/api/v1</c>; features put their own client before it. It sends the antiforgery token with
/// every unsafe verb, turns refusals into <see cref="ApiProblem"/>, and tells the session when the hub no longer knows us.
/// </summary>
public sealed class ApiClient(HttpClient http, SessionTicket ticket)
{
    /// <summary>Reads.</summary>
    public Task<ApiResult<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), type, cancellationToken);

    /// <summary>Reads what is no JSON.</summary>
    public Task<ApiResult<byte[]>> GetBytesAsync(string path, CancellationToken cancellationToken) => SendAsync<byte[]>(
        new HttpRequestMessage(HttpMethod.Get, path), static async (content, cancel) => await content.ReadAsByteArrayAsync(cancel), cancellationToken);

    /// <summary>Sends a body, when there is one, and reads the answer.</summary>
    public Task<ApiResult<T>> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type,
        string? ifMatch, CancellationToken cancellationToken)
    {
        var request = Request(method, path, ifMatch);
        request.Content = JsonContent.Create(body, bodyType);
        return SendAsync(request, type, cancellationToken);
    }

    /// <summary>Sends without a body and reads the answer.</summary>
    public Task<ApiResult<T>> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(Request(method, path, null), type, cancellationToken);

    /// <summary>Sends without a body and expects none.</summary>
    public Task<ApiResult<Done>> SendAsync(HttpMethod method, string path, string? ifMatch, CancellationToken cancellationToken) =>
        SendAsync(Request(method, path, ifMatch), static (_, _) => Task.FromResult<ApiResult<Done>>(default(Done)), cancellationToken);

    private HttpRequestMessage Request(HttpMethod method, string path, string? ifMatch)
    {
        var request = new HttpRequestMessage(method, path);
        if (ticket.Current?.AntiforgeryToken is { } token)
            request.Headers.TryAddWithoutValidation(SessionInfo.AntiforgeryHeader, token);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch is "*" || ifMatch.StartsWith('"') ? ifMatch : $"\"{ifMatch}\"");
        return request;
    }

    private Task<ApiResult<T>> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync<T>(
            request,
            async (content, cancel) => await content.ReadFromJsonAsync(type, cancel) is { } value
                ? value
                : new ApiProblem((int)HttpStatusCode.OK),
            cancellationToken);

    private async Task<ApiResult<T>> SendAsync<T>(
        HttpRequestMessage request, Func<HttpContent, CancellationToken, Task<ApiResult<T>>> read, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                using var response = await http.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode)
                    return await read(response.Content, cancellationToken);
                if (response.StatusCode == HttpStatusCode.Unauthorized)
                    ticket.End();
                return await ProblemDocument.ReadAsync(response, cancellationToken);
            }
            catch (HttpRequestException)
            {
                return ApiProblem.Unreachable;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Nobody gave up but the client itself: its time was over before the hub answered.
                return ApiProblem.Unreachable;
            }
            catch (JsonException)
            {
                // Something between us and the hub answered in its place.
                return ApiProblem.Unreachable;
            }
        }
    }
}
