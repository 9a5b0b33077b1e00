using Hub.Server.Protocols.Http;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>One hub, with endpoints that fail, for all tests of what every answer has in common.</summary>
[CollectionDefinition(nameof(PlantedHub))]
public sealed class PlantedHub : IAsyncLifetime, ICollectionFixture<PlantedHub>
{
    internal const string Secret = "the-inside-of-the-hub";

    internal RunningHub Hub { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Hub = await RunningHub.StartAsync(app =>
    {
        app.MapGet("/api/v1/planted/fails", string () => throw new InvalidOperationException(Secret)).AllowAnonymous();
        app.MapGet("/messages/planted/fails", string () => throw new InvalidOperationException(Secret)).AllowAnonymous()
            .WithMetadata(new ContractRefusalWriter());
        app.MapGet("/api/v1/planted/half", async (HttpContext context) =>
        {
            await context.Response.WriteAsync(new string('x', 100_000));
            throw new InvalidOperationException(Secret);
        }).AllowAnonymous();
    });

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}
