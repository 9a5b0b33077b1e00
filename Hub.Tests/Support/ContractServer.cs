using System.Net;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Protocols.Http;
using Hub.Server.Protocols.WebSockets;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Web;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>The HTTP head and the WebSocket door over Kestrel, with the real rooms around them and stores in memory.</summary>
internal sealed class ContractServer : IAsyncDisposable
{
    public const string Host = "localhost";

    private readonly WebApplication _app;

    private ContractServer(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        Address = new Uri(addresses.First(address => address.StartsWith("http://", StringComparison.Ordinal)));
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public InMemoryMessageLog Log => (InMemoryMessageLog)Get<IMessageLog>();

    public InMemoryAuditLog Audit => (InMemoryAuditLog)Get<IAuditLog>();

    public DeviceRegistry Registry => Get<DeviceRegistry>();

    public WebSocketDoor Door => Get<WebSocketDoor>();

    /// <param name="before">Runs before the doors open.</param>
    public static async Task<ContractServer> StartAsync(Action<WebApplication>? before = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));

        var services = builder.Services;
        services.AddSingleton(TimeProvider.System).AddMetrics();
        services.AddOptions<HubOptions>();
        services.AddOptions<DeviceToCloudOptions>();
        services.AddSingleton<IDeviceStore, InMemoryDeviceStore>().AddSingleton<DeviceRegistry>().AddSingleton<SessionTable>();
        services.AddSingleton<IMessageLog>(new InMemoryMessageLog()).AddSingleton<MessageFeed>().AddSingleton<IngestGate>();
        services.AddSingleton<IngestMetrics>().AddSingleton<MessageWriter>().AddSingleton<MessageIngress>();
        services.AddHostedService(provider => provider.GetRequiredService<MessageWriter>());
        services.AddSingleton<IConnectionHistoryStore, InMemoryConnectionHistoryStore>().AddSingleton<SessionMetrics>().AddSingleton<ConnectionHistoryWriter>().AddSingleton<DeviceRefusals>().AddSingleton<RefusedRequestLog>();
        services.AddHostedService(provider => provider.GetRequiredService<ConnectionHistoryWriter>());
        services.AddSingleton<IAuditLog, InMemoryAuditLog>().AddSingleton<AuditTrail>();
        services.AddSingleton<ISharedAccessPolicyStore, InMemoryPolicyStore>().AddSingleton<SharedAccessPolicies>();
        services.AddSingleton<DeviceAttempts>().AddSingleton<DeviceAuthenticator>().AddSingleton<PolicyAuthenticator>();
        services.AddAuthentication(Schemes.Signature).AddScheme<AuthenticationSchemeOptions, SignatureScheme>(Schemes.Signature, null);
        var authorization = services.AddAuthorizationBuilder();
        foreach (var right in new[] { AccessPolicies.RegistryRead, AccessPolicies.RegistryReadWrite, AccessPolicies.ServiceConnect })
            authorization.AddPolicy(right, policy => policy.RequireAuthenticatedUser().RequireClaim(RightsClaims.Type, right));
        services.AddOptions<CloudToDeviceOptions>();
        services.AddSingleton<IDeviceBoundStore, InMemoryDeviceBoundStore>().AddSingleton(new DeviceBoundRules(new CloudToDeviceOptions()));
        services.AddSingleton<CloudToDeviceMetrics>().AddSingleton<DeviceBoundQueue>();
        services.AddSingleton<IFeedbackStore, InMemoryFeedbackStore>().AddSingleton(Options.Create(new FeedbackOptions { BatchInterval = TimeSpan.Zero }));
        services.AddSingleton<FeedbackQueue>();
        services.AddHttpHead().AddWebSocketDoor();

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapHttpHead();
        app.MapWebSocketDoor();
        await app.Services.GetRequiredService<SharedAccessPolicies>().LoadAsync(TestContext.Current.CancellationToken);
        before?.Invoke(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ContractServer(app);
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public async Task<Device> AddDeviceAsync(string id, DeviceChange? change = null) =>
        Assert.IsType<RegistryResult.Done>(
            await Registry.CreateAsync(DeviceId.Parse(id), change ?? new DeviceChange(), TestContext.Current.CancellationToken)).Device;

    public static string TokenOf(Device device) => SharedAccessSignature.Create(
        $"{Host}/devices/{device.Id.Value}", KeyOf(device), TimeProvider.System.GetUtcNow().AddHours(1));

    public static string ConnectionStringOf(Device device) => new DeviceConnectionString(Host, device.Id, KeyOf(device)).ToText();

    public string TokenOfPolicy(string policy) => SharedAccessSignature.Create(
        Host, Get<SharedAccessPolicies>().Find(policy)!.PrimaryKey.ToBase64(), TimeProvider.System.GetUtcNow().AddHours(1), policy);

    public string ConnectionStringOfPolicy(string policy) =>
        new ServiceConnectionString(Host, policy, Get<SharedAccessPolicies>().Find(policy)!.PrimaryKey.ToBase64()).ToText();

    /// <summary>Sends a request whose path stays as it is written.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string pathAndQuery, string? token, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var uri = new Uri(Address.ToString().TrimEnd('/') + pathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(method, uri) { Content = content };
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", token);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    private static string KeyOf(Device device) => ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary.ToBase64();
}
