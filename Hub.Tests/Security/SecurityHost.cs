using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using Hub.Server.Api;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Tls;
using Hub.Server.Security.Web;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Security;

/// <summary>The room Security on real sockets, plain and TLS, over stores in memory, with endpoints that tell who came in.</summary>
internal sealed class SecurityHost : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    private readonly TempFolder _folder = new();
    private WebApplication? _app;

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public InMemoryAuditLog Audit { get; } = new();

    public InMemoryOperatorStore Operators { get; } = new();

    public LogCapture Logged { get; } = new();

    public IServiceProvider Services => _app!.Services;

    public string DataDirectory => _folder.Path;

    public Uri Plain { get; private set; } = null!;

    public Uri Tls { get; private set; } = null!;

    public static async Task<SecurityHost> StartAsync(string? adminPassword = Password, bool fullHashing = false)
    {
        var host = new SecurityHost();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().AddProvider(host.Logged);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Hub:Portal:AdminPassword"] = adminPassword });
        builder.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(new HubOptions { DataDirectory = host._folder.Path }));
        builder.Services.AddSingleton<TimeProvider>(host.Time);
        builder.Services.AddSingleton<ISharedAccessPolicyStore, InMemoryPolicyStore>();
        builder.Services.AddSingleton<IDeviceStore, InMemoryDeviceStore>().AddSingleton<DeviceRegistry>();
        builder.Services.AddSingleton<IAuditLog>(host.Audit);
        builder.Services.AddSingleton<IUserStore<Operator>>(host.Operators);
        builder.Services.AddSecurity(builder.Configuration);
        // Full work for each password would make up most of the tests' time.
        if (!fullHashing)
            builder.Services.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = 1_000);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, door => door.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(kestrel.ApplicationServices.GetRequiredService<ServerCertificate>().ForHttp),
            }));
        });

        var app = host._app = builder.Build();
        app.UseHubSecurity();
        app.UseExceptionHandler(branch => branch.Run(context => context.Response.WriteAsync("failed")));
        app.MapSession();
        app.MapGet("/api/v1/probe", Tell).RequireAuthorization(AccessPolicies.RegistryRead);
        app.MapPost("/api/v1/probe", Tell).RequireAuthorization(AccessPolicies.RegistryReadWrite);
        app.MapGet("/devices/{id}", Tell).RequireAuthorization(AccessPolicies.RegistryRead).WithMetadata(new TestRefusals());
        app.MapGet(ApiRoutes.LiveHub, Tell).RequireAuthorization(AccessPolicies.ServiceConnect);
        app.MapPost(ApiRoutes.LiveHub + "/negotiate", Tell).RequireAuthorization(AccessPolicies.ServiceConnect);
        app.MapPost("/devices/{id}/messages/events", () => Results.NoContent());
        app.MapGet("/open", StayOpenAsync).RequireAuthorization(AccessPolicies.RegistryRead);
        app.MapGet("/broken", void () => throw new InvalidOperationException("as meant"));
        await app.StartAsync(TestContext.Current.CancellationToken);

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        host.Plain = new Uri(addresses.Single(address => address.StartsWith("http://", StringComparison.Ordinal)));
        host.Tls = new Uri(addresses.Single(address => address.StartsWith("https://", StringComparison.Ordinal)));
        return host;
    }

    /// <summary>A browser of sorts: keeps cookies, trusts the hub's authority.</summary>
    public HttpClient CreateClient(bool tls = false)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(_folder.At("tls", "ca.pem")));
        var sockets = new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = { CertificateChainPolicy = trust } };
        return new HttpClient(sockets) { BaseAddress = tls ? Tls : Plain };
    }

    /// <summary>Signs in and sends the antiforgery token from then on.</summary>
    public static async Task<SessionInfo> SignInAsync(HttpClient client, string userName = "admin", string password = Password)
    {
        var response = await TrySignInAsync(client, userName, password);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var session = (await response.Content.ReadFromJsonAsync<SessionInfo>(TestContext.Current.CancellationToken))!;
        client.DefaultRequestHeaders.Remove(SessionInfo.AntiforgeryHeader);
        client.DefaultRequestHeaders.Add(SessionInfo.AntiforgeryHeader, session.AntiforgeryToken);
        return session;
    }

    public static Task<HttpResponseMessage> TrySignInAsync(HttpClient client, string userName, string password) =>
        client.PostAsJsonAsync(ApiRoutes.Session, new SignInRequest(userName, password), TestContext.Current.CancellationToken);

    public async Task AddOperatorAsync(string userName, string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Operator>>();
        var made = new Operator { UserName = userName };
        Assert.True((await users.CreateAsync(made, Password)).Succeeded);
        await users.AddClaimAsync(made, new Claim(OperatorRoles.ClaimType, role));
    }

    public string TokenOf(string policy, string resource = "localhost", TimeSpan? lifetime = null)
    {
        var key = Services.GetRequiredService<SharedAccessPolicies>().Find(policy)!.PrimaryKey.ToBase64();
        return SharedAccessSignature.Create(resource, key, Time.GetUtcNow() + (lifetime ?? TimeSpan.FromHours(1)), policy);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>As a live stream does.</summary>
    private static async Task StayOpenAsync(HttpContext context, OperatorSessionWatch sessions)
    {
        using var session = sessions.Watch(context.User, context.Abort);
        await context.Response.WriteAsync("open", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    }

    private static string Tell(HttpContext context) => context.ActorName();

    private sealed class TestRefusals : IRefusalWriter
    {
        public Task WriteAsync(HttpContext context, ErrorCode code, string message)
        {
            context.Response.StatusCode = (int)code / 1000;
            context.Response.Headers["iothub-errorcode"] = code.ToString();
            return Task.CompletedTask;
        }
    }
}
