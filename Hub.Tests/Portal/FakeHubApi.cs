using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hub.Portal.Api;

namespace Hub.Tests.Portal;

/// <summary>Stands where the hub would: answers the portal's requests as it was told and keeps them, so that the pages run with their real clients.</summary>
internal sealed class FakeHubApi : HttpMessageHandler
{
    /// <summary>What is answered, by verb and path without the query; the last word counts.</summary>
    public ConcurrentDictionary<string, Func<CancellationToken, Task<HttpResponseMessage>>> Answers { get; } = [];

    /// <summary>What was asked, in its order.</summary>
    public ConcurrentQueue<Request> Requests { get; } = [];

    public HttpClient MakeClient() => new(this, disposeHandler: false) { BaseAddress = new Uri("http://hub.example/") };

    /// <summary>Answers with a value.</summary>
    public void Answer<T>(string what, T value) => Answers[what] = _ => Task.FromResult(Response(value));

    /// <summary>Refuses with a sentence.</summary>
    public void Refuse(string what, HttpStatusCode status, string? sentence = null) => Answers[what] = _ => Task.FromResult(Refusal(status, sentence));

    /// <summary>Lets nobody through.</summary>
    public void Unplug(string what) => Answers[what] = _ => Task.FromException<HttpResponseMessage>(new HttpRequestException("No route to the host."));

    /// <summary>Answers when the source is completed, or never.</summary>
    public TaskCompletionSource<HttpResponseMessage> Hold(string what)
    {
        var source = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        Answers[what] = cancel => source.Task.WaitAsync(cancel);
        return source;
    }

    /// <summary>The last request of a verb and path.</summary>
    public Request Last(string what) => Requests.Last(request => request.What == what);

    public int Count(string what) => Requests.Count(request => request.What == what);

    public static HttpResponseMessage Response<T>(T value) => new()
    {
        Content = new StringContent(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)PortalJson.Default.GetTypeInfo(typeof(T))!), Encoding.UTF8, "application/json"),
    };

    public static HttpResponseMessage Refusal(HttpStatusCode status, string? sentence) => new(status)
    {
        Content = new StringContent(sentence is null ? string.Empty : $$"""{"detail":"{{sentence}}"}""", Encoding.UTF8, "application/problem+json"),
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = new Request(
            $"{request.Method} {request.RequestUri!.AbsolutePath}",
            Uri.UnescapeDataString(request.RequestUri.Query),
            request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken),
            request.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(asked);
        // As from a real hub, no answer is there at once: what a page does meanwhile is not skipped.
        await Task.Yield();
        return Answers.TryGetValue(asked.What, out var answer)
            ? await answer(cancellationToken)
            : throw new InvalidOperationException($"The test expects no {asked.What}.");
    }

    /// <summary>A request as it came.</summary>
    internal sealed record Request(string What, string Query, string? Body, IReadOnlyDictionary<string, string> Headers)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);

        public JsonElement Json => JsonDocument.Parse(Body!).RootElement;
    }
}
