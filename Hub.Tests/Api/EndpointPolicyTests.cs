using System.Net;
using Hub.Server.Operations;
using Hub.Server.Security;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Hub.Tests.Api;

public sealed class EndpointPolicyTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    /// <summary>Open to all, each for a reason: whoever watches over the process has no credential.</summary>
    private static readonly string[] OpenToAll = ["/health/live", "/health/ready", "/health/startup"];

    private static readonly string[] Policies = [AccessPolicies.RegistryRead, AccessPolicies.RegistryReadWrite, AccessPolicies.ServiceConnect];

    [Fact]
    public async Task RouteTable_EveryEndpoint_AsksForARightOrIsListed()
    {
        await using var host = await ApiHost.StartAsync();
        var endpoints = host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToArray();

        var without = endpoints.Where(endpoint => !AsksForARight(endpoint) && !OpenToAll.Contains(endpoint.RoutePattern.RawText));

        Assert.True(endpoints.Length > 15, $"Only {endpoints.Length} endpoints were found.");
        Assert.Empty(without.Select(endpoint => endpoint.RoutePattern.RawText));
    }

    [Fact]
    public void AsksForARight_EndpointThatSaysNothing_IsFound()
    {
        var forgotten = new RouteEndpointBuilder(_ => Task.CompletedTask, Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/forgotten"), 0).Build();

        Assert.False(AsksForARight(forgotten));
    }

    [Theory]
    [InlineData("/api/v1/devices")]
    [InlineData("/api/v1/telemetry")]
    [InlineData("/api/v1/telemetry/stream")]
    [InlineData("/api/v1/overview")]
    [InlineData("/api/v1/audit")]
    [InlineData("/api/v1/refusals")]
    [InlineData("/api/v1/hub")]
    [InlineData("/hubs/live")]
    public async Task Get_WithoutCredential_IsUnauthorized(string path)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.Client();

        using var answer = await client.GetAsync(path, None);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("/metrics", AccessPolicies.ServiceConnect)]
    [InlineData("/docs/", AccessPolicies.RegistryRead)]
    [InlineData("/openapi/v1.json", AccessPolicies.RegistryRead)]
    public async Task Get_OutsideLoopback_NeedsTheRight(string path, string right)
    {
        await using var host = await ApiHost.StartAsync();
        using var local = host.Client();
        using var remote = host.Client();
        using var signedIn = host.Client(right);
        // What a proxy on this machine adds when it speaks for others.
        remote.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.1");
        signedIn.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.1");

        using var fromHere = await local.GetAsync(path, None);
        using var fromThere = await remote.GetAsync(path, None);
        using var withRight = await signedIn.GetAsync(path, None);

        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.OK), (fromHere.StatusCode, fromThere.StatusCode, withRight.StatusCode));
    }

    private static bool AsksForARight(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<OpenOnPlainLoopback>() is { } open
            ? Policies.Contains(open.Policy)
            : endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
                && endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>() is { Count: > 0 } asked
                && asked.All(data => Policies.Contains(data.Policy));
}
