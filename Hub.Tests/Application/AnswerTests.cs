using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using Hub.Server.Operations;
using Hub.Server.Protocols.Http;
using Hub.Server.Security;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What every answer of the composed hub has in common: headers, forms of refusal, and nothing of the inside.</summary>
public sealed class AnswerTests(AnswerTests.PlantedHub planted) : IClassFixture<AnswerTests.PlantedHub>
{
    private const string Secret = "the-inside-of-the-hub";
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly RunningHub _hub = planted.Hub;

    /// <summary>W8.</summary>
    [Theory]
    [InlineData("/", 302)]
    [InlineData("/portal/", 200)]
    [InlineData("/portal/devices/d1", 200)]
    [InlineData("/portal/_framework/blazor.webassembly.js", 200)]
    [InlineData("/_content/MudBlazor/MudBlazor.min.css", 200)]
    [InlineData("/portal/none.js", 404)]
    [InlineData("/none", 404)]
    [InlineData("/api/v1/devices", 401)]
    [InlineData("/api/v1/session", 200)]
    [InlineData("/api/v1/none", 404)]
    [InlineData("/api/v1/planted/fails", 500)]
    [InlineData("/messages/planted/fails", 500)]
    [InlineData("/devices/d1", 401)]
    [InlineData("/devices/d1/messages/events?api-version=1", 405)]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/hubs/live", 401)]
    [InlineData("/$iothub/websocket", 400)]
    public async Task Headers_AreOnEveryAnswer(string path, int status)
    {
        foreach (var tls in new[] { false, true })
        {
            using var client = _hub.CreateClient(tls);
            using var answer = await client.GetAsync(path, None);

            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(SecurityHeaders.ContentPolicy, Header(answer, "Content-Security-Policy"));
            Assert.Equal(
                ("nosniff", "DENY", "no-referrer", "same-origin", "same-origin"),
                (Header(answer, "X-Content-Type-Options"), Header(answer, "X-Frame-Options"), Header(answer, "Referrer-Policy"),
                    Header(answer, "Cross-Origin-Opener-Policy"), Header(answer, "Cross-Origin-Resource-Policy")));
            Assert.False(answer.Headers.Contains("Server"));
            // Not for a loopback name: it would bind every other program on the machine.
            Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
            Assert.DoesNotContain(Secret, await answer.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
        }
    }

    /// <summary>W8.</summary>
    [Theory]
    [InlineData("hub.example", true)]
    [InlineData("localhost", false)]
    [InlineData("127.0.0.1", false)]
    public async Task StrictTransport_IsForNamesOfTheNetworkOnly(string host, bool expected)
    {
        // The certificate is for the hub's own name, not for the one that is claimed here.
        using var sockets = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, errors) => errors != SslPolicyErrors.RemoteCertificateNotAvailable },
        };
        using var client = new HttpClient(sockets) { BaseAddress = _hub.Https };
        client.DefaultRequestHeaders.Host = host;

        using var answer = await client.GetAsync("/portal/", None);

        Assert.Equal(expected, answer.Headers.Contains("Strict-Transport-Security"));
    }

    /// <summary>W7 and W11: nothing that a peer claims about itself leads anybody elsewhere.</summary>
    [Fact]
    public async Task ForgedHostAndForwarding_ChangeNothing()
    {
        using var client = _hub.CreateClient();
        foreach (var (name, value) in new[]
        {
            ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.1"),
            ("Forwarded", "for=192.0.2.1;host=evil.example;proto=https"), ("X-Forwarded-Prefix", "//evil.example"), ("X-Original-URL", "/api/v1/devices"),
        })
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);

        using var root = await client.GetAsync("/?returnUrl=//evil.example", None);
        using var page = await client.GetAsync("/portal/", None);
        using var signIn = await client.PostAsJsonAsync(ApiRoutes.Session, new SignInRequest("admin", RunningHub.Password), None);

        Assert.Equal((HttpStatusCode.Found, "/portal/"), (root.StatusCode, root.Headers.Location?.OriginalString));
        Assert.False(page.Headers.Contains("Strict-Transport-Security"));
        Assert.DoesNotContain("evil.example", await page.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, signIn.StatusCode);
        Assert.DoesNotContain(signIn.Headers.GetValues("Set-Cookie"), cookie => cookie.Contains("domain=", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("127.0.0.1", (await _hub.Get<IAuditLog>().ListAsync(100, null, None)).Items.First(entry => entry.Action == "session.sign-in").Source);
    }

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

    [Fact]
    public async Task Metrics_OfTheComposedHub_NameEveryRoom()
    {
        using var client = _hub.CreateClient();

        // What was scraped within the last 300 ms is given again, be it from before the last room had its meters.
        await Eventually.TrueAsync(async () =>
        {
            var text = await client.GetStringAsync("/metrics", None);
            return new[] { "hub_d2c_ingress", "hub_d2c_partition_last_sequence_number", "hub_devices_connected" }
                .All(name => text.Contains(name, StringComparison.Ordinal));
        });
    }

    /// <summary>O5.</summary>
    [Fact]
    public async Task Health_SaysNoMoreThanWhichChecks()
    {
        using var client = _hub.CreateClient();

        Assert.Equal("""{"status":"Healthy","checks":{}}""", await client.GetStringAsync("/health/live", None));
        Assert.Equal("""{"status":"Healthy","checks":{"audit":"Healthy","store":"Healthy","doors":"Healthy"}}""", await client.GetStringAsync("/health/ready", None));
    }

    [Fact]
    public async Task Start_OfAHealthyHub_LogsNoError()
    {
        await Eventually.TrueAsync(() => _hub.Get<OverviewCollector>().Current().Health.Count == 3);

        Assert.All(_hub.Get<OverviewCollector>().Current().Health, check => Assert.Equal(Hub.Shared.Operations.HealthState.Healthy, check.State));
        Assert.DoesNotContain(_hub.Logged, line => line.Level >= LogLevel.Error && !line.Text.Contains(Secret, StringComparison.Ordinal));
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

    [Theory]
    [InlineData("/api/v1/planted/fails", "application/problem+json")]
    [InlineData("/messages/planted/fails", "application/json")]
    public async Task Failure_IsToldInTheEndpointsForm_AndLoggedOnce(string path, string form)
    {
        using var client = _hub.CreateClient();
        var before = Failures().Length;

        using var answer = await client.GetAsync(path, None);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(None);

        Assert.Equal((HttpStatusCode.InternalServerError, form), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        if (form == "application/json")
            Assert.Equal("ErrorCode:ServerError;The hub failed, its log says why.", body.GetProperty("Message").GetString());
        else
            Assert.Equal((500001, "The hub failed; its log says why."), (body.GetProperty("errorCode").GetInt32(), body.GetProperty("detail").GetString()));
        Assert.DoesNotContain(Secret, body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(Secret, Assert.Single(Failures()[before..]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_InTheMiddleOfAnAnswer_BreaksItOff()
    {
        using var client = _hub.CreateClient();
        var before = Failures().Length;

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/api/v1/planted/half", None));
        Assert.Single(Failures()[before..]);
    }

    [Theory]
    [InlineData("GET", "/api/v1/none", 404, ErrorCode.GenericNotFound)]
    [InlineData("GET", "/api/v2/devices", 404, ErrorCode.GenericNotFound)]
    [InlineData("PATCH", "/api/v1/devices/d1", 405, ErrorCode.MethodNotAllowed)]
    public async Task BareRefusals_OfTheApi_AreProblems(string method, string path, int status, ErrorCode code)
    {
        using var client = _hub.CreateClientOf("iothubowner");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await client.SendAsync(request, None);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(None);

        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(((int)code, status), (problem.GetProperty("errorCode").GetInt32(), problem.GetProperty("status").GetInt32()));
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
                var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(None);
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
            request.Content = new StringContent(method == "PUT" ? "{}" : """[{"id":"never"}]""", Encoding.UTF8, "application/json");

        using var answer = await client.SendAsync(request, None);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 401, answer.Headers.Contains("iothub-errorcode"));
        var registry = _hub.Get<Hub.Server.Registry.DeviceRegistry>();
        Assert.Null(await registry.FindAsync(DeviceId.Parse("never"), None));
        Assert.NotNull(await registry.FindAsync(DeviceId.Parse("victim"), None));
    }

    [Fact]
    public async Task Keys_OfTheApi_ReadAsTheyAre()
    {
        var key = Convert.ToBase64String(Enumerable.Repeat((byte)0xFB, 33).ToArray());
        using var client = _hub.CreateClientOf("iothubowner");
        using var put = await client.PutAsJsonAsync("/api/v1/devices/keyed", new DeviceChange { PrimaryKey = key, SecondaryKey = key }, None);

        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Contains($"\"{key}\"", await client.GetStringAsync("/api/v1/devices/keyed/keys", None), StringComparison.Ordinal);
    }

    private LogLine[] Failures() => [.. _hub.Logged.Where(line => line.Level >= LogLevel.Error)];

    private async Task AddOperatorAsync(string userName, string role)
    {
        await using var scope = _hub.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Operator>>();
        var made = new Operator { UserName = userName };
        Assert.True((await users.CreateAsync(made, RunningHub.Password)).Succeeded);
        await users.AddClaimAsync(made, new System.Security.Claims.Claim(OperatorRoles.ClaimType, role));
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "(none)";

    /// <summary>One hub for all of these tests, with endpoints that fail.</summary>
    public sealed class PlantedHub : IAsyncLifetime
    {
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
}
