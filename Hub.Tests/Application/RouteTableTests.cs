using Hub.Server.Operations;
using Hub.Server.Security;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>Z3: no endpoint of the composed hub is open by oversight.</summary>
public sealed class RouteTableTests
{
    private static readonly string[] Policies = [AccessPolicies.RegistryRead, AccessPolicies.RegistryReadWrite, AccessPolicies.ServiceConnect];

    /// <summary>What stands open to all, each with its reason. The reason is for the reader of a change to this list.</summary>
    private static readonly Dictionary<string, string> Open = new(StringComparer.Ordinal)
    {
        ["/"] = "Leads to the portal.",
        ["/portal/{*path:nonfile}"] = "The portal's start page: a program without data, which asks for a sign-in.",
        ["/portal/devices/{*id}"] = "As above, for ids that end like the name of a file.",
        ["/health/live"] = "Whoever watches over the process has no credential; it says no more than up or down.",
        ["/health/ready"] = "As above, with the names of the checks.",
        ["/health/startup"] = "As above.",
        ["/api/v1/session"] = "Signing in, and asking whether one is.",
        ["/api/v1/set-up"] = "The first operator, by a token from the hub's own output.",
        ["/devices/{id}/messages/events"] = "Devices prove themselves to the device authenticator, before their body is read.",
        ["/devices/{id}/messages/devicebound"] = "As above.",
        ["/devices/{id}/messages/devicebound/{token}"] = "As above.",
        ["/devices/{id}/messages/devicebound/{token}/abandon"] = "As above.",
        ["/$iothub/websocket"] = "The protocol inside proves its device.",
        // Refusals only: that a path does not take a method, does not exist, or is not built, is no secret.
        ["/devices"] = "405.",
        ["/devices/{id}"] = "405.",
        ["/devices/{id}/commands"] = "405.",
        ["/messages/servicebound/feedback"] = "405.",
        ["/messages/servicebound/feedback/{token}"] = "405.",
        ["/messages/servicebound/feedback/{token}/abandon"] = "405.",
        ["/statistics/devices"] = "405.",
        ["/statistics/service"] = "405.",
        ["/devices/{**rest}"] = "404.",
        ["/messages/{**rest}"] = "404.",
        ["/statistics/{**rest}"] = "404.",
        ["/twins/{**rest}"] = "501.",
        ["/digitaltwins/{**rest}"] = "501.",
        ["/jobs/{**rest}"] = "501.",
        ["/configurations/{**rest}"] = "501.",
        ["/devices/{id}/modules/{**rest}"] = "501.",
        ["/devices/{id}/files/{**rest}"] = "501.",
        ["/messages/devicebound/{**rest}"] = "501.",
        ["/messages/serviceBound/{**rest}"] = "501.",
    };

    [Fact]
    [Trait("Promise", "P-6")]
    public async Task EveryEndpoint_AsksForARightOrStandsOnTheList()
    {
        await using var hub = await RunningHub.StartAsync();
        var endpoints = EndpointsOf(hub);

        Assert.Empty(Undecided(endpoints));
        // An entry that nothing needs any more would cover whatever comes there next.
        Assert.Empty(Open.Keys.Except(endpoints.Where(IsOpen).Select(PatternOf)));
        Assert.True(endpoints.Count(AsksForARight) > 20);
    }

    /// <summary>An entry that says 405, 404 or 501 must not hide a working endpoint: those are told apart by their methods.</summary>
    [Fact]
    public async Task RefusalsOnTheList_TakeAnyMethod()
    {
        await using var hub = await RunningHub.StartAsync();

        var open = EndpointsOf(hub).Where(IsOpen).Where(endpoint => Open.GetValueOrDefault(PatternOf(endpoint)) is "405." or "404." or "501.");

        Assert.All(open, endpoint => Assert.Null(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()));
    }

    [Fact]
    public async Task PlantedEndpoints_AreCaught()
    {
        await using var hub = await RunningHub.StartAsync(app =>
        {
            app.MapGet("/api/v1/planted", () => "forgotten");
            app.MapGet("/api/v1/open", () => "opened").AllowAnonymous();
            app.MapGet("/api/v1/any", () => "anybody").RequireAuthorization();
        });

        Assert.Equal(["/api/v1/any", "/api/v1/open", "/api/v1/planted"], Undecided(EndpointsOf(hub)).Order(StringComparer.Ordinal));
    }

    private static RouteEndpoint[] EndpointsOf(RunningHub hub) => [.. hub.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    private static IEnumerable<string> Undecided(IEnumerable<RouteEndpoint> endpoints) =>
        endpoints.Where(endpoint => !AsksForARight(endpoint) && !(IsOpen(endpoint) && Open.ContainsKey(PatternOf(endpoint))) && !IsAsset(endpoint)).Select(PatternOf);

    private static bool IsOpen(RouteEndpoint endpoint) => !IsAsset(endpoint) && !AsksForARight(endpoint) && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    /// <summary>
    /// The portal's files, as listed when it was built: a program without data. The framework adds a pattern of its own that finds them in
    /// a build that is not published.
    /// </summary>
    private static bool IsAsset(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is not null || PatternOf(endpoint) == "/{**path:file}";

    private static bool AsksForARight(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<OpenOnPlainLoopback>() is { } open
            ? Policies.Contains(open.Policy)
            : endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
                && endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>() is { Count: > 0 } asked
                && asked.All(data => Policies.Contains(data.Policy));

    private static string PatternOf(RouteEndpoint endpoint) => $"/{endpoint.RoutePattern.RawText?.TrimStart('/')}";
}
