using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Hub.Server;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>The whole hub as it is composed for operators, in this process, on free ports and a data directory of its own.</summary>
internal sealed class RunningHub : IAsyncDisposable
{
    public const string HostName = "localhost";
    public const string Password = "correct horse battery";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder _folder = new();
    private readonly LogCapture _capture = new();
    private readonly WebApplication _app;

    private RunningHub(Action<WebApplication>? before, string[] settings)
    {
        _app = HubApplication.Build(
        [
            $"--Hub:DataDirectory={_folder.Path}", $"--Hub:Portal:AdminPassword={Password}", "--Hub:Endpoints:Http=http://127.0.0.1:0",
            "--Hub:Endpoints:Https=https://127.0.0.1:0", "--Hub:Endpoints:Mqtt=mqtt://127.0.0.1:0", "--Hub:Endpoints:Mqtts=mqtts://127.0.0.1:0",
            // The tests' own output stays readable; what is logged is collected.
            "--Logging:Console:LogLevel:Default=None", .. settings,
        ]);
        Get<ILoggerFactory>().AddProvider(_capture);
        before?.Invoke(_app);
    }

    /// <summary>Every line logged at information or above, with the text of its exception.</summary>
    public ConcurrentQueue<LogLine> Logged => _capture.Lines;

    public Uri Http => AddressOf("http");

    public Uri Https => AddressOf("https");

    public string AuthorityPath => _folder.At("tls", "ca.pem");

    public IServiceProvider Services => _app.Services;

    /// <param name="before">Runs before the doors open.</param>
    /// <param name="settings">As on the command line.</param>
    public static async Task<RunningHub> StartAsync(Action<WebApplication>? before = null, params string[] settings)
    {
        var hub = new RunningHub(before, settings);
        try
        {
            await hub._app.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether this process may listen where clients of the contract dial, and nobody else does.</summary>
    public static bool CanListenOn443()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 443);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public int PortOf(string scheme) => Get<DoorKeeper>().Opened.First(opened => opened.Door.Scheme == scheme).Address.Port;

    /// <summary>A browser of sorts: keeps cookies, trusts the hub's authority, follows no redirect.</summary>
    public HttpClient CreateClient(bool tls = false)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(AuthorityPath));
        var sockets = new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = { CertificateChainPolicy = trust } };
        return new HttpClient(sockets) { BaseAddress = tls ? Https : Http };
    }

    /// <summary>A program with a token of a shared access policy.</summary>
    public HttpClient CreateClientOf(string policy, bool tls = false)
    {
        var client = CreateClient(tls);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", TokenOfPolicy(policy));
        return client;
    }

    public static async Task SignInAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync(ApiRoutes.Session, new SignInRequest("admin", Password), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public async Task<Device> AddDeviceAsync(string id) =>
        Assert.IsType<RegistryResult.Done>(
            await Get<DeviceRegistry>().CreateAsync(DeviceId.Parse(id), new DeviceChange(), TestContext.Current.CancellationToken)).Device;

    public string TokenOfPolicy(string policy, TimeSpan? lifetime = null) => SharedAccessSignature.Create(
        HostName, KeyOf(policy), TimeProvider.System.GetUtcNow() + (lifetime ?? TimeSpan.FromHours(1)), policy);

    public string ConnectionStringOf(string policy) => new ServiceConnectionString(HostName, policy, KeyOf(policy)).ToText();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None).WaitAsync(Patience);
        await _app.DisposeAsync().AsTask().WaitAsync(Patience);
        _folder.Dispose();
    }

    private string KeyOf(string policy) => Get<SharedAccessPolicies>().Find(policy)!.PrimaryKey.ToBase64();

    /// <summary>By name for TLS, since the certificate is for it.</summary>
    private Uri AddressOf(string scheme) => new($"{scheme}://{(scheme == "https" ? HostName : "127.0.0.1")}:{PortOf(scheme)}");
}
