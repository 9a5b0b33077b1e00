using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Security;

/// <summary>A registry, policies and an authenticator over memory, with a clock that stands still.</summary>
internal sealed class AuthenticationBench
{
    public const string Host = "hub.example.com";
    public const string Alias = "old.azure-devices.net";
    public const string Address = "192.0.2.7";

    private AuthenticationBench(InMemoryPolicyStore policies)
    {
        Registry = new DeviceRegistry(new InMemoryDeviceStore(), Time);
        Policies = new SharedAccessPolicies(policies);
        Authenticator = new DeviceAuthenticator(
            Registry, Policies, new DeviceAttempts(Time), Options.Create(new HubOptions { HostName = Host, HostNameAliases = [Alias] }), Time);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public DeviceRegistry Registry { get; }

    public SharedAccessPolicies Policies { get; }

    public DeviceAuthenticator Authenticator { get; }

    public DateTimeOffset InAnHour => Time.GetUtcNow().AddHours(1);

    /// <summary>In an hour, as a token says it.</summary>
    public string Expiry => InAnHour.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    public static async Task<AuthenticationBench> CreateAsync()
    {
        var bench = new AuthenticationBench(new InMemoryPolicyStore());
        await bench.Policies.LoadAsync(TestContext.Current.CancellationToken);
        return bench;
    }

    public async Task<Device> AddDeviceAsync(string id, DeviceChange? change = null) =>
        Done(await Registry.CreateAsync(DeviceId.Parse(id), change ?? new DeviceChange(), TestContext.Current.CancellationToken));

    public async Task<Device> ChangeDeviceAsync(string id, DeviceChange change) =>
        Done(await Registry.UpdateAsync(DeviceId.Parse(id), change, null, TestContext.Current.CancellationToken));

    public ValueTask<DeviceAuthentication> TryAsync(
        string id, string? token, string? host = Host, X509Certificate2? certificate = null, string? address = Address) =>
        Authenticator.AuthenticateAsync(
            new DeviceAuthenticationRequest(DeviceId.Parse(id), host, token, certificate, address), TestContext.Current.CancellationToken);

    public static SymmetricKey PrimaryKeyOf(Device device) => ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary;

    public static SymmetricKey SecondaryKeyOf(Device device) => ((DeviceCredentials.SymmetricKeys)device.Credentials).Secondary;

    public string TokenOf(Device device, string? resource = null, DateTimeOffset? expiresAt = null) =>
        SharedAccessSignature.Create(resource ?? $"{Host}/devices/{device.Id.Value}", PrimaryKeyOf(device).ToBase64(), expiresAt ?? InAnHour);

    public string TokenOfPolicy(string policy, string resource = Host, DateTimeOffset? expiresAt = null, string? skn = null) =>
        SharedAccessSignature.Create(resource, Policies.Find(policy)!.PrimaryKey.ToBase64(), expiresAt ?? InAnHour, skn ?? policy);

    /// <summary>A token whose resource and expiry stand in it as they are given.</summary>
    public static string Sign(string encodedResource, SymmetricKey key, string expiry)
    {
        var signature = HMACSHA256.HashData(key.Bytes, Encoding.UTF8.GetBytes($"{encodedResource}\n{expiry}"));
        return $"SharedAccessSignature se={expiry}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&sr={encodedResource}";
    }

    private static Device Done(RegistryResult result) => Assert.IsType<RegistryResult.Done>(result).Device;
}
