using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Hub.Server.Api;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Operations;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Operators;
using Hub.Server.Security.Tls;
using Hub.Server.Streaming;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hub.Tests.Support;

/// <summary>
/// Api, Streaming and Operations over Kestrel with stores in memory. Who asks is said by a header: <c>X-Test-Rights</c> lists the
/// rights; without it nobody is signed in.
/// </summary>
internal sealed class ApiHost : IAsyncDisposable
{
    public const string RightsHeader = "X-Test-Rights";

    /// <summary>After how many seconds what the request came with ends; without it, never.</summary>
    public const string ExpiresHeader = "X-Test-Expires";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hub-api-");
    private WebApplication? _app;

    public InMemoryMessageLog Log { get; } = new();

    public InMemoryDeviceStore Devices { get; } = new();

    public InMemoryConnectionHistoryStore History { get; } = new();

    public InMemoryAuditLog Audit { get; } = new();

    public LogCapture Logged { get; } = new();

    public WebApplication App => _app ?? throw new InvalidOperationException("The host is not started.");

    public MessageFeed Feed => Get<MessageFeed>();

    public Uri Address { get; private set; } = new("http://localhost");

    public static async Task<ApiHost> StartAsync(params (string Key, string Value)[] settings)
    {
        var host = new ApiHost();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().AddProvider(host.Logged);
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Hub:DataDirectory", host._directory.FullName),
            .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)),
        ]);
        host.AddServices(builder.Services, builder.Configuration);
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapApi();
        app.MapStreaming();
        app.MapOperations();
        host._app = app;
        await app.StartAsync();
        host.Address = new Uri(app.Urls.First());
        return host;
    }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    public HttpClient Client(params string[] rights)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (rights.Length > 0)
            client.DefaultRequestHeaders.Add(RightsHeader, string.Join(',', rights));
        return client;
    }

    public HttpClient AdminClient() =>
        Client(AccessPolicies.RegistryRead, AccessPolicies.RegistryReadWrite, AccessPolicies.ServiceConnect);

    public Task CommitAsync(params LogAppend[] appends) => TestMessages.CommitAsync(Log, Feed, appends);

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    private void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddOptions<HubOptions>().BindConfiguration(HubOptions.Section);
        services.AddSingleton<IMessageLog>(Log);
        services.AddSingleton<IDeviceStore>(Devices);
        services.AddSingleton<IDeviceBoundStore, InMemoryDeviceBoundStore>().AddSingleton<IFeedbackStore, InMemoryFeedbackStore>();
        services.AddSingleton<IBatchStore, InMemoryBatchStore>().AddSingleton<IDeviceBoundFigures, InMemoryDeviceBoundFigures>();
        services.AddSingleton<IConnectionHistoryStore>(History);
        services.AddSingleton<IAuditLog>(Audit).AddSingleton<AuditTrail>();
        services.AddSingleton<DeviceRegistry>();
        services.AddSingleton<CertificateAuthority>().AddSingleton<ServerCertificate>();
        services.AddSingleton<OperatorSessions>().AddSingleton<OperatorSessionWatch>();
        services.AddMessaging();
        services.AddApi();
        services.AddOperations(configuration);
        services.AddStreaming(provider => provider.GetRequiredService<OverviewCollector>().Current);
        services.AddAuthentication(RightsHandler.Name).AddScheme<AuthenticationSchemeOptions, RightsHandler>(RightsHandler.Name, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(AccessPolicies.RegistryRead, policy => policy.RequireClaim("right", AccessPolicies.RegistryRead))
            .AddPolicy(AccessPolicies.RegistryReadWrite, policy => policy.RequireClaim("right", AccessPolicies.RegistryReadWrite))
            .AddPolicy(AccessPolicies.ServiceConnect, policy => policy.RequireClaim("right", AccessPolicies.ServiceConnect));
    }

    private sealed class RightsHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        public const string Name = "Rights";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var rights = Request.Headers[RightsHeader].ToString();
            if (rights.Length == 0)
                return Task.FromResult(AuthenticateResult.NoResult());
            var claims = rights.Split(',').Select(right => new Claim("right", right)).Append(new Claim(ClaimTypes.Name, "tester"));
            var properties = new AuthenticationProperties();
            if (Request.Headers[ExpiresHeader].ToString() is { Length: > 0 } seconds)
                properties.ExpiresUtc = TimeProvider.GetUtcNow().AddSeconds(int.Parse(seconds, CultureInfo.InvariantCulture));
            var ticket = new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, Name)), properties, Name);
            return Task.FromResult(AuthenticateResult.Success(ticket));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties) => RefuseAsync(Hub.Shared.Api.ErrorCode.IotHubUnauthorizedAccess);

        protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => RefuseAsync(Hub.Shared.Api.ErrorCode.IotHubUnauthorized);

        private Task RefuseAsync(Hub.Shared.Api.ErrorCode code)
        {
            if (Context.GetEndpoint()?.Metadata.GetMetadata<IRefusalWriter>() is { } writer)
                return writer.WriteAsync(Context, code, "Not authorised.");
            Response.StatusCode = (int)code / 1_000;
            return Task.CompletedTask;
        }
    }
}
