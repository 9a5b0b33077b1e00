using System.Net;
using System.Net.Http.Json;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Application;

/// <summary>What the composed hub allows to whom, and what it takes for a refusal.</summary>
[Collection(nameof(PlantedHub))]
public sealed class AnswerRightsTests(PlantedHub planted)
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly RunningHub _hub = planted.Hub;

    /// <summary>O6: the loopback door is for the machine itself, not for a proxy on it or for a page whose name was bent to it.</summary>
    [Theory]
    [InlineData("/metrics", "service")]
    [InlineData("/docs/", "registryRead")]
    [InlineData("/openapi/v1.json", "registryRead")]
    public async Task LoopbackPages_AskEverybodyElseForARight(string path, string policy)
    {
        using var local = _hub.CreateClient();
        using var byAddress = await local.GetAsync(path, None);
        using var rebound = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "evil.example" } };
        using var fromElsewhere = await local.SendAsync(rebound, None);
        using var proxied = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", "192.0.2.1" } } };
        using var byProxy = await local.SendAsync(proxied, None);
        using var overTls = await SendAsync(path, null);
        using var withToken = await SendAsync(path, policy);
        using var withOther = await SendAsync(path, "device");

        Assert.Equal(HttpStatusCode.OK, byAddress.StatusCode);
        Assert.All([fromElsewhere, byProxy, overTls], answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (withToken.StatusCode, withOther.StatusCode));

        async Task<HttpResponseMessage> SendAsync(string target, string? of)
        {
            using var client = of is null ? _hub.CreateClient(tls: true) : _hub.CreateClientOf(of, tls: true);
            return await client.GetAsync(target, None);
        }
    }

    /// <summary>Z3 and I6: who is known but lacks the right hears 403 from the API; 401 would tell them to sign in.</summary>
    [Fact]
    public async Task Forbidden_OfTheApi_Is403WithTheContractsCode()
    {
        await AddOperatorAsync("viewer", OperatorRoles.Viewer);
        using var viewer = _hub.CreateClient();
        using var signIn = await viewer.PostAsJsonAsync(ApiRoutes.Session, new SignInRequest("viewer", RunningHub.Password), None);
        var session = await signIn.Content.ReadFromJsonAsync<SessionInfo>(None);
        viewer.DefaultRequestHeaders.Add(SessionInfo.AntiforgeryHeader, session!.AntiforgeryToken);
        using var reader = _hub.CreateClientOf("registryRead");

        foreach (var client in new[] { viewer, reader })
        {
            foreach (var call in new Func<Task<HttpResponseMessage>>[]
            {
                () => client.PutAsJsonAsync("/api/v1/devices/never", new DeviceChange(), None), () => client.DeleteAsync("/api/v1/devices/never", None),
                () => client.GetAsync("/api/v1/telemetry", None), () => client.GetAsync("/api/v1/audit", None), () => client.GetAsync("/api/v1/devices/never/keys", None),
            })
            {
                using var answer = await call();
                var problem = await JsonAsync(answer);
                Assert.Equal((HttpStatusCode.Forbidden, 401003, 403), (answer.StatusCode, problem.GetProperty("errorCode").GetInt32(), problem.GetProperty("status").GetInt32()));
            }

            using var allowed = await client.GetAsync("/api/v1/devices", None);
            Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        }

        Assert.Null(await _hub.Get<Hub.Server.Registry.DeviceRegistry>().FindAsync(DeviceId.Parse("never"), None));
    }

    /// <summary>W3: another site's page can make a browser send the cookie's requests, but no header of its own.</summary>
    [Theory]
    [InlineData("PUT", "/api/v1/devices/never", 400)]
    [InlineData("DELETE", "/api/v1/devices/victim", 400)]
    [InlineData("PUT", "/devices/never?api-version=1", 401)]
    [InlineData("DELETE", "/devices/victim?api-version=1", 401)]
    [InlineData("POST", "/devices?api-version=1", 401)]
    [InlineData("GET", "/devices/victim?api-version=1", 401)]
    public async Task OperatorsCookie_WithoutAntiforgery_ChangesNothing(string method, string path, int status)
    {
        if (await _hub.Get<Hub.Server.Registry.DeviceRegistry>().FindAsync(DeviceId.Parse("victim"), None) is null)
            await _hub.AddDeviceAsync("victim");
        using var client = _hub.CreateClient();
        await RunningHub.SignInAsync(client);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "If-Match", "*" } } };
        if (method is "PUT" or "POST")
            request.Content = Json(method == "PUT" ? "{}" : """[{"id":"never"}]""");

        using var answer = await client.SendAsync(request, None);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 401, answer.Headers.Contains("iothub-errorcode"));
        var registry = _hub.Get<Hub.Server.Registry.DeviceRegistry>();
        Assert.Null(await registry.FindAsync(DeviceId.Parse("never"), None));
        Assert.NotNull(await registry.FindAsync(DeviceId.Parse("victim"), None));
    }

    /// <summary>A line for each message would bury all others, and a device's token is no failed attempt of a policy.</summary>
    [Fact]
    public async Task DevicesRequests_AreNotTakenForRefusedPolicies()
    {
        var device = await _hub.AddDeviceAsync("heard");
        using var client = _hub.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", ContractServer.TokenOf(device));

        static bool IsOfPolicies(LogLine line) => line.Category == typeof(RefusedRequestLog).FullName;
        var before = _hub.Logged.Count(IsOfPolicies);

        using var answer = await client.PostAsync("/devices/heard/messages/events?api-version=1", new ByteArrayContent([1]), None);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(before, _hub.Logged.Count(IsOfPolicies));
        // The device counts as heard.
        await Eventually.TrueAsync(async () =>
            (await _hub.Get<Hub.Server.Registry.IDeviceStore>().FindAsync(device.Id, None))!.Presence.LastActivityTime is not null);
    }

    private async Task AddOperatorAsync(string userName, string role)
    {
        await using var scope = _hub.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Operator>>();
        var made = new Operator { UserName = userName };
        Assert.True((await users.CreateAsync(made, RunningHub.Password)).Succeeded);
        await users.AddClaimAsync(made, new System.Security.Claims.Claim(OperatorRoles.ClaimType, role));
    }
}
