using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Server;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Xunit;

namespace Hub.Tests.Security;

/// <summary>Tokens over HTTP, other sites, headers; rows I6, W3, W5 and W8 of the catalogue.</summary>
public sealed class RequestSecurityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("iothubowner", 200, 200, 200)]
    [InlineData("registryReadWrite", 200, 200, 403)]
    [InlineData("registryRead", 200, 403, 403)]
    [InlineData("service", 403, 403, 200)]
    [InlineData("device", 403, 403, 403)]
    [Trait("Promise", "P-6")]
    public async Task I6_PolicyRights_DecideWhatIsReached(string policy, int read, int write, int live)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", host.TokenOf(policy));

        var reading = await client.GetAsync("/api/v1/probe", Cancellation);
        Assert.Equal(read, (int)reading.StatusCode);
        Assert.Equal(write, (int)(await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
        Assert.Equal(live, (int)(await client.GetAsync(ApiRoutes.LiveHub, Cancellation)).StatusCode);
        if (read == 200)
            Assert.Equal($"policy:{policy}", await reading.Content.ReadAsStringAsync(Cancellation));
        else
            Assert.Equal((int)ErrorCode.IotHubUnauthorized, await ErrorCodeOfAsync(reading));
    }

    [Theory]
    [InlineData("admin", 200, 200, 200)]
    [InlineData("support", 200, 403, 200)]
    [InlineData("viewer", 200, 403, 403)]
    [InlineData("unheard-of", 403, 403, 403)]
    [Trait("Promise", "P-6")]
    public async Task Roles_DecideWhatIsReached(string role, int read, int write, int live)
    {
        await using var host = await SecurityHost.StartAsync();
        await host.AddOperatorAsync("op", role);
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client, "op");

        Assert.Equal(read, (int)(await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
        Assert.Equal(write, (int)(await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
        Assert.Equal(live, (int)(await client.GetAsync(ApiRoutes.LiveHub, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("localhost/devices", 200)]
    [InlineData("localhost/devices/dev1", 200)]
    [InlineData("localhost/devices/dev10", 401)]
    [InlineData("localhost/devices/dev", 401)]
    [InlineData("localhost/messages", 401)]
    [InlineData("elsewhere", 401)]
    public async Task Token_ScopeOfTheContractsPaths_ByWholeSegments(string resource, int status)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", host.TokenOf("registryRead", resource));

        Assert.Equal(status, (int)(await client.GetAsync("/Devices/dev1", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Token_ExpiredOrNone_IsRefusedInTheEndpointsForm()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();

        var none = await client.GetAsync("/devices/dev1", Cancellation);
        Assert.Equal("IotHubUnauthorizedAccess", none.Headers.GetValues("iothub-errorcode").Single());
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", host.TokenOf("registryRead", lifetime: TimeSpan.FromSeconds(-1)));
        var expired = await client.GetAsync("/api/v1/probe", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, expired.StatusCode);
        Assert.Equal("application/problem+json", expired.Content.Headers.ContentType!.MediaType);
        Assert.Equal((int)ErrorCode.IotHubUnauthorizedAccess, await ErrorCodeOfAsync(expired));
        Assert.DoesNotContain("expired", await expired.Content.ReadAsStringAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Token_InTheQuery_CountsAtTheLiveHubOnly()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        var query = $"?access_token={Uri.EscapeDataString(host.TokenOf("iothubowner"))}";

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(ApiRoutes.LiveHub + query, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/probe" + query, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Token_BadOneBesideACookie_IsNotSavedByTheCookie()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "SharedAccessSignature sr=localhost&sig=AAAA&se=9999999999");

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task W3_UnsafeVerbWithCookie_NeedsTheAntiforgeryTokenOfThisSession()
    {
        await using var host = await SecurityHost.StartAsync();
        await host.AddOperatorAsync("other", OperatorRoles.Admin);
        using var other = host.CreateClient();
        var foreign = (await SecurityHost.SignInAsync(other, "other")).AntiforgeryToken;
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);

        foreach (var token in new[] { null, "nonsense", foreign })
        {
            client.DefaultRequestHeaders.Remove(SessionInfo.AntiforgeryHeader);
            if (token is not null)
                client.DefaultRequestHeaders.Add(SessionInfo.AntiforgeryHeader, token);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.DeleteAsync(ApiRoutes.Session, Cancellation)).StatusCode);
        }

        var fresh = await client.GetFromJsonAsync<SessionInfo>(ApiRoutes.Session, Cancellation);
        client.DefaultRequestHeaders.Remove(SessionInfo.AntiforgeryHeader);
        client.DefaultRequestHeaders.Add(SessionInfo.AntiforgeryHeader, fresh!.AntiforgeryToken);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task W3_RequestOfAnotherSite_Refused(string header, string value)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        client.DefaultRequestHeaders.Add(header, value);

        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SecurityHost.TrySignInAsync(client, "admin", SecurityHost.Password)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync(ApiRoutes.LiveHub, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/devices/d/messages/events", null, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task W3_OwnOriginOrNone_Passes()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync("/devices/d/messages/events", null, Cancellation)).StatusCode);
        await SecurityHost.SignInAsync(client);
        client.DefaultRequestHeaders.Add("Origin", host.Plain.GetLeftPart(UriPartial.Authority));
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");

        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task W3_FormPost_IsNoSignIn()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        var body = JsonSerializer.Serialize(new SignInRequest("admin", SecurityHost.Password));

        var response = await client.PostAsync(ApiRoutes.Session, new StringContent(body, null, "text/plain"), Cancellation);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task W5_NegotiationOfTheLiveHub_NeedsAHeaderThatOtherSitesCannotSet()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync(ApiRoutes.LiveHub + "/negotiate", null, Cancellation)).StatusCode);
        await SecurityHost.SignInAsync(client);
        client.DefaultRequestHeaders.Remove(SessionInfo.AntiforgeryHeader);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(ApiRoutes.LiveHub + "/negotiate", null, Cancellation)).StatusCode);

        client.DefaultRequestHeaders.Add("X-Requested-With", "XMLHttpRequest");

        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(ApiRoutes.LiveHub + "/negotiate", null, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task RefusedRequests_AnyNumberOfAllKinds_WriteABoundedNumberOfLines()
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();
        using var stranger = host.CreateClient();
        await SecurityHost.SignInAsync(client);
        client.DefaultRequestHeaders.Remove(SessionInfo.AntiforgeryHeader);
        stranger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "SharedAccessSignature sr=nonsense");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/v1/probe", Cancellation)).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/api/v1/probe", null, Cancellation)).StatusCode);
            using var foreign = new HttpRequestMessage(HttpMethod.Post, "/api/v1/probe") { Headers = { { "Origin", "https://evil.example" } } };
            Assert.Equal(HttpStatusCode.BadRequest, (await client.SendAsync(foreign, Cancellation)).StatusCode);
        }

        Assert.Equal(LogLimit.LinesPerInterval, host.Logged.Of<RefusedRequestLog>().Count);
        Assert.Equal(3, host.Logged.Of<RefusedRequestLog>().Select(line => line.Id).Distinct().Count());

        host.Time.Advance(LogLimit.Interval);
        await stranger.GetAsync("/api/v1/probe", Cancellation);

        var further = host.Logged.Of<RefusedRequestLog>().Skip(LogLimit.LinesPerInterval).ToArray();
        Assert.Equal(2, further.Length);
        Assert.Contains("40 further", further[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/session")]
    [InlineData("/api/v1/probe")]
    [InlineData("/devices/d")]
    [InlineData("/hubs/live")]
    [InlineData("/nowhere")]
    [InlineData("/broken")]
    public async Task W8_EveryPath_HasTheHeaders(string path)
    {
        await using var host = await SecurityHost.StartAsync();
        using var client = host.CreateClient();

        var headers = (await client.GetAsync(path, Cancellation)).Headers;

        Assert.Equal(SecurityHeaders.ContentPolicy, headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("no-referrer", headers.GetValues("Referrer-Policy").Single());
        Assert.False(headers.Contains("Strict-Transport-Security"));
        Assert.False(headers.Contains("Access-Control-Allow-Origin"));
        if (path.StartsWith("/api/", StringComparison.Ordinal))
            Assert.Contains("no-store", headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hub.example.com", true)]
    [InlineData("localhost", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("[::1]", false)]
    public async Task W8_StrictTransport_OverTlsButNotForLoopbackNames(string name, bool expected)
    {
        await using var host = await SecurityHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.Session) { Headers = { Host = name } };
        using var sockets = new SocketsHttpHandler();
#pragma warning disable CA5359 // Only the headers matter here.
        sockets.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var careless = new HttpClient(sockets) { BaseAddress = host.Tls };

        Assert.Equal(expected, (await careless.SendAsync(request, Cancellation)).Headers.Contains("Strict-Transport-Security"));
    }

    private static async Task<int> ErrorCodeOfAsync(HttpResponseMessage response)
    {
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        return problem.RootElement.GetProperty("errorCode").GetInt32();
    }
}
