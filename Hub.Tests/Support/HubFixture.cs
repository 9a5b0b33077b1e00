using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hub.Server;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Server.Security.Tls;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>
/// The whole hub in this process, over real sockets on free ports of the loopback address, in a folder of its own. Ready when
/// started; may be restarted on the same folder.
/// </summary>
internal sealed class HubFixture : IAsyncDisposable
{
    public const string HostName = "localhost";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder _folder = new();
    private readonly List<string> _settings = [];
    private WebApplication? _app;

    private HubFixture(IEnumerable<string> settings)
    {
        _settings.AddRange(
        [
            $"--Hub:DataDirectory={_folder.Path}",
            "--Hub:Endpoints:Http=http://127.0.0.1:0",
            "--Hub:Endpoints:Https=https://127.0.0.1:0",
            "--Hub:Endpoints:Mqtt=mqtt://127.0.0.1:0",
            "--Hub:Endpoints:Mqtts=mqtts://127.0.0.1:0",
            "--Logging:LogLevel:Default=Warning",
            .. settings,
        ]);
    }

    public string DataDirectory => _folder.Path;

    /// <summary>The hub's clock: the machine's, and what a test lets pass beside it.</summary>
    public SteppedTime Time { get; } = new();

    private WebApplication App => _app ?? throw new InvalidOperationException("The hub is not started.");

    /// <summary>Where the certificate lies that clients must trust.</summary>
    public string CaPath => Get<ServerCertificate>().AuthorityPath!;

    /// <summary>Starts a hub.</summary>
    /// <param name="settings">Further settings as on the command line, such as <c>--Hub:Protocols:Mqtt:WriteTimeout=00:00:02</c>.</param>
    public static async Task<HubFixture> StartAsync(params string[] settings)
    {
        var hub = new HubFixture(settings);
        await hub.StartAppAsync();
        return hub;
    }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    /// <summary>The port of the first door of a scheme: http, https, mqtt or mqtts.</summary>
    public int Port(string scheme) => Get<DoorKeeper>().Opened.First(opened => opened.Door.Scheme == scheme).Address.Port;

    /// <summary>Stops the hub as an operator would.</summary>
    public async Task StopAsync()
    {
        var app = App;
        _app = null;
        await app.StopAsync().WaitAsync(Patience);
        await app.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    /// <summary>Stops the hub and starts it again on the same folder; ports change.</summary>
    /// <param name="settings">Settings that are added, or count in place of earlier ones.</param>
    public async Task RestartAsync(params string[] settings)
    {
        if (_app is not null)
            await StopAsync();
        _settings.AddRange(settings);
        await StartAppAsync();
    }

    public async Task<Device> AddDeviceAsync(string id, DeviceChange? change = null) =>
        Assert.IsType<RegistryResult.Done>(
            await Get<DeviceRegistry>().CreateAsync(DeviceId.Parse(id), change ?? new DeviceChange(), TestContext.Current.CancellationToken)).Device;

    public Task<RegistryResult> ChangeDeviceAsync(string id, DeviceChange change) =>
        Get<DeviceRegistry>().UpdateAsync(DeviceId.Parse(id), change, null, TestContext.Current.CancellationToken).AsTask();

    /// <summary>A token of the device's own.</summary>
    public static string Token(Device device, TimeSpan? life = null, KeySlot slot = KeySlot.Primary)
    {
        var keys = (DeviceCredentials.SymmetricKeys)device.Credentials;
        var key = slot == KeySlot.Primary ? keys.Primary : keys.Secondary;
        return SharedAccessSignature.Create($"{HostName}/devices/{device.Id.Value}", key.ToBase64(), EndOf(life));
    }

    /// <summary>A token of a shared access policy, for the whole hub.</summary>
    public string PolicyToken(string policy = SharedAccessPolicies.Owner, TimeSpan? life = null) =>
        SharedAccessSignature.Create(HostName, Get<SharedAccessPolicies>().Find(policy)!.PrimaryKey.ToBase64(), EndOf(life), policy);

    public static string ConnectionString(Device device) =>
        new DeviceConnectionString(HostName, device.Id, ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary.ToBase64()).ToText();

    /// <summary>An HTTP client with a policy's token; with none, when the policy is null.</summary>
    public HttpClient Client(string? policy = SharedAccessPolicies.Owner, string scheme = "http")
    {
        var ca = X509CertificateLoader.LoadCertificateFromFile(CaPath);
        var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = Trust(ca) } })
        {
            BaseAddress = new Uri($"{scheme}://{HostName}:{Port(scheme)}"),
        };
        if (policy is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", PolicyToken(policy));
        return client;
    }

    /// <summary>A check of the server's certificate that trusts one authority and nothing else.</summary>
    public static RemoteCertificateValidationCallback Trust(X509Certificate2 ca) => (_, certificate, _, errors) =>
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && chain.Build((X509Certificate2)certificate!);
    };

    /// <summary>What the log holds of a device, in order.</summary>
    public async Task<IReadOnlyList<LoggedMessage>> StoredAsync(string deviceId)
    {
        var log = Get<IMessageLog>();
        var stored = new List<LoggedMessage>();
        string? cursor = null;
        do
        {
            var page = await log.QueryAsync(
                new TelemetryQuery { DeviceId = DeviceId.Parse(deviceId), Limit = 1000, Cursor = cursor }, TestContext.Current.CancellationToken);
            stored.AddRange(page.Items);
            Assert.True(page.NextCursor is null || page.NextCursor != cursor, "The log's list does not go on: its cursor repeats.");
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return stored;
    }

    /// <summary>The bodies of what the log holds of a device, as text, in order.</summary>
    public async Task<string[]> StoredTextsAsync(string deviceId) =>
        [.. (await StoredAsync(deviceId)).Select(logged => Encoding.UTF8.GetString(logged.Message.Body.Span))];

    /// <summary>Waits until the device's connection history has an entry of that kind whose reason holds the text.</summary>
    public async Task<ConnectionHistoryEntry> HistoryAsync(string deviceId, ConnectionEvent what, string text = "")
    {
        ConnectionHistoryEntry? found = null;
        var store = Get<IConnectionHistoryStore>();
        await Eventually.TrueAsync(async () =>
        {
            var lines = await store.ListAsync(DeviceId.Parse(deviceId), TestContext.Current.CancellationToken);
            found = lines.FirstOrDefault(line =>
                line.Event == what && (line.Reason ?? string.Empty).Contains(text, StringComparison.OrdinalIgnoreCase));
            return found is not null;
        });
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await StopAsync();
        _folder.Dispose();
    }

    private async Task StartAppAsync()
    {
        _app = HubApplication.Build([.. _settings], services => services.AddSingleton<TimeProvider>(Time));
        await _app.StartAsync().WaitAsync(Patience);
    }

    private static DateTimeOffset EndOf(TimeSpan? life) => TimeProvider.System.GetUtcNow() + (life ?? TimeSpan.FromDays(30));
}
