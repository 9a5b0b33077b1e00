using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>Which refusals may be told to the peer: those of a genuine credential, and none that tells of another's device.</summary>
public sealed class GenuineCredentialTests
{
    [Fact]
    public async Task AuthenticateAsync_GenuineToken_MayHearWhatStandsAgainstIt()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        var off = await bench.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        var past = bench.Time.GetUtcNow().AddSeconds(-1);

        await CheckAsync(bench, "off", bench.TokenOf(off), ErrorCode.DeviceDisabled);
        await CheckAsync(bench, "dev1", bench.TokenOf(device, expiresAt: past), ErrorCode.IotHubUnauthorizedAccess);
        await CheckAsync(bench, "dev1", bench.TokenOf(device, resource: $"{Host}/devices/other"), ErrorCode.IotHubUnauthorizedAccess);
        await CheckAsync(bench, "dev1", bench.TokenOf(device), ErrorCode.IotHubUnauthorizedAccess, host: "elsewhere");
        await CheckAsync(bench, "dev1", bench.TokenOfPolicy("service"), ErrorCode.IotHubUnauthorized);
    }

    [Fact]
    public async Task AuthenticateAsync_GenuineCertificate_MayHearWhatStandsAgainstIt()
    {
        var bench = await CreateAsync();
        var now = bench.Time.GetUtcNow();
        using var good = NewCertificate(now.AddDays(-1), now.AddDays(1));
        using var expired = NewCertificate(now.AddDays(-2), now.AddDays(-1));
        await bench.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled, PrimaryThumbprint = good.GetCertHashString(HashAlgorithmName.SHA256) });
        await bench.AddDeviceAsync("late", new DeviceChange { PrimaryThumbprint = expired.GetCertHashString(HashAlgorithmName.SHA256) });

        await CheckAsync(bench, "off", null, ErrorCode.DeviceDisabled, certificate: good);
        await CheckAsync(bench, "late", null, ErrorCode.IotHubUnauthorizedAccess, certificate: expired);
        await CheckAsync(bench, "off", null, null, certificate: expired);
    }

    /// <summary>Row I7: whoever has no credential of a device cannot tell whether it is there, nor how it is.</summary>
    [Fact]
    public async Task I7_StrangerOrHolderOfABadPolicyToken_HearsTheSameOfEveryDevice()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        await bench.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        var past = bench.Time.GetUtcNow().AddSeconds(-1);
        foreach (var id in (string[])["off", "none"])
        {
            await CheckAsync(bench, id, bench.TokenOf(device), null);
            await CheckAsync(bench, id, bench.TokenOf(device), null, host: "elsewhere");
            await CheckAsync(bench, id, "nonsense", null);
        }

        foreach (var token in (string[])[bench.TokenOfPolicy("service"), bench.TokenOfPolicy("device", expiresAt: past), bench.TokenOfPolicy("device", $"{Host}/devices/dev1")])
        {
            var (ofOff, ofNone) = (await RefusedAsync(bench, "off", token), await RefusedAsync(bench, "none", token));
            Assert.Equal((true, ofOff.Reason, ofOff.Code), (ofNone.IsGenuine, ofNone.Reason, ofNone.Code));
        }

        // Its token is good and nothing stands against it, but there is no such device: that is told to nobody.
        await CheckAsync(bench, "none", bench.TokenOfPolicy("device"), null);
    }

    /// <param name="bench">Where to try.</param>
    /// <param name="id">Which device.</param>
    /// <param name="token">Its token.</param>
    /// <param name="code">What the peer may hear; null when it may hear nothing.</param>
    /// <param name="host">Which hub it wants.</param>
    /// <param name="certificate">Its certificate.</param>
    private static async Task CheckAsync(
        AuthenticationBench bench, string id, string? token, ErrorCode? code, string host = Host, X509Certificate2? certificate = null)
    {
        var refused = await RefusedAsync(bench, id, token, host, certificate);
        Assert.Equal((code is not null, code ?? ErrorCode.IotHubUnauthorizedAccess), (refused.IsGenuine, refused.Code));
    }

    private static async Task<DeviceAuthentication.Refused> RefusedAsync(
        AuthenticationBench bench, string id, string? token, string host = Host, X509Certificate2? certificate = null) =>
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync(id, token, host, certificate));

    private static X509Certificate2 NewCertificate(DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
    }
}
