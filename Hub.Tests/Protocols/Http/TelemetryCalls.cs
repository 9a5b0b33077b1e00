using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Http;

/// <summary>A server, and devices that post to it.</summary>
public abstract class TelemetryCalls : IAsyncLifetime
{
    protected const string Batch = "application/vnd.microsoft.iothub.json";

    private protected ContractServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await ContractServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    protected async Task<HttpResponseMessage> PostAsD1Async(HttpContent content, params (string Name, string Value)[] headers) =>
        await PostAsync("/devices/d1/messages/events?api-version=2020-09-30", ContractServer.TokenOf(await Server.AddDeviceAsync("d1")), content, headers);

    protected Task<HttpResponseMessage> PostAsync(string path, string? token, HttpContent content, params (string Name, string Value)[] headers) =>
        Server.SendAsync(HttpMethod.Post, path, token, content, headers);
}
