using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What every answer of the composed hub carries, whatever the peer claims.</summary>
[Collection(nameof(PlantedHub))]
public sealed class AnswerHeadersTests(PlantedHub planted)
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly RunningHub _hub = planted.Hub;

    /// <summary>W8.</summary>
    [Theory]
    [InlineData("/", 302)]
    [InlineData("/portal/", 200)]
    [InlineData("/portal/devices/d1", 200)]
    [InlineData("/portal/devices/pump-1.north", 200)]
    [InlineData("/portal/devices/a.js", 200)]
    [InlineData("/portal/devices/a%2Eb", 200)]
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
            Assert.DoesNotContain(PlantedHub.Secret, await answer.Content.ReadAsStringAsync(None), StringComparison.Ordinal);
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

    private static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "(none)";
}
