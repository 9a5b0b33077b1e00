using System.Text.Json;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>A server with an empty registry, and the calls of its owner.</summary>
public abstract class RegistryCalls : IAsyncLifetime
{
    protected const string Version = "?api-version=2021-04-12";

    private protected ContractServer Server { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Server = await ContractServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    protected Task<HttpResponseMessage> QueryAsync(string query, (string, string)[] headers) =>
        SendAsync(HttpMethod.Post, "/devices/query", Json(JsonSerializer.Serialize(new { query })), headers);

    protected Task<HttpResponseMessage> PutAsync(string id, string body, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, $"/devices/{id}", Json(body), ifMatch is null ? [] : [("If-Match", ifMatch)]);

    protected Task<HttpResponseMessage> DeleteAsync(string id, string? ifMatch) =>
        SendAsync(HttpMethod.Delete, $"/devices/{id}", null, ifMatch is null ? [] : [("If-Match", ifMatch)]);

    protected Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string, string)[] headers) =>
        SendAsync(method, path, content, headers, string.Empty);

    protected Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, (string, string)[] headers, string more) =>
        Server.SendAsync(method, path + Version + more, Server.TokenOfPolicy("iothubowner"), content, headers);
}
