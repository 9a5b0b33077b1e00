using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Server.Security;
using Hub.Shared.Devices;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>Rows I9 and I10 of the catalogue.</summary>
public sealed class DeviceCertificateTests
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    [Theory]
    [InlineData("SHA1", true)]
    [InlineData("SHA256", true)]
    [InlineData("SHA1", false)]
    [InlineData("SHA256", false)]
    public async Task AuthenticateAsync_RegisteredThumbprint_AcceptsWithStampAndProof(string hash, bool primary)
    {
        var bench = await CreateAsync();
        using var certificate = Certificate(bench);
        var thumbprint = certificate.GetCertHashString(new HashAlgorithmName(hash)).ToLowerInvariant();
        var device = await bench.AddDeviceAsync("dev1", new DeviceChange
        {
            PrimaryThumbprint = primary ? thumbprint : new string('A', 40), SecondaryThumbprint = primary ? null : thumbprint,
        });

        var accepted = Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", null, certificate: certificate));

        Assert.Equal("""{"scope":"device","type":"x509","issuer":"external","acceptingIpFilterRule":null}""", accepted.AuthMethod);
        Assert.True(accepted.Proof.HoldsFor(device));
        Assert.Equal(certificate.NotAfter.ToUniversalTime(), accepted.Proof.ExpiresAt!.Value.UtcDateTime);
        var changed = await bench.ChangeDeviceAsync("dev1", new DeviceChange
        {
            PrimaryThumbprint = new string('B', 40), SecondaryThumbprint = new string('C', 40),
        });
        Assert.False(accepted.Proof.HoldsFor(changed));
    }

    [Fact]
    public async Task I9_UnregisteredThumbprintOrAnotherDevices_Refused()
    {
        var bench = await CreateAsync();
        using var mine = Certificate(bench);
        using var others = Certificate(bench);
        using var strange = Certificate(bench);
        await bench.AddDeviceAsync("dev1", new DeviceChange { PrimaryThumbprint = mine.Thumbprint });
        await bench.AddDeviceAsync("dev2", new DeviceChange { PrimaryThumbprint = others.Thumbprint });
        await bench.AddDeviceAsync("sas");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", null, certificate: others));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", null, certificate: strange));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", null));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("sas", null, certificate: mine));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("nobody", null, certificate: mine));
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", null, certificate: mine));
    }

    [Theory]
    [InlineData(-10, -1, "expired")]
    [InlineData(1, 10, "not valid before")]
    public async Task I9_CertificateOutsideItsTime_Refused(int fromDays, int toDays, string reason)
    {
        var bench = await CreateAsync();
        using var certificate = Certificate(bench, fromDays, toDays);
        await bench.AddDeviceAsync("dev1", new DeviceChange { PrimaryThumbprint = certificate.Thumbprint });

        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", null, certificate: certificate));

        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClientUse, true)]
    [InlineData("2.5.29.37.0", true)]
    [InlineData(ServerUse, false)]
    public async Task I9_ExtendedKeyUsage_MustAllowClients(string usage, bool accepts)
    {
        var bench = await CreateAsync();
        using var certificate = Certificate(bench, usage: usage);
        await bench.AddDeviceAsync("dev1", new DeviceChange { PrimaryThumbprint = certificate.Thumbprint });

        Assert.Equal(accepts, await bench.TryAsync("dev1", null, certificate: certificate) is DeviceAuthentication.Accepted);
    }

    [Fact]
    public async Task I9_Sha1Signature_Refused()
    {
        var bench = await CreateAsync();
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=dev1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(
            request.SubjectName, new Sha1Signature(key), bench.Time.GetUtcNow().AddDays(-1), bench.Time.GetUtcNow().AddDays(1), [1]);
        await bench.AddDeviceAsync("dev1", new DeviceChange { PrimaryThumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256) });

        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", null, certificate: certificate));

        Assert.Contains("broken hash", refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CN=dev1")]
    [InlineData("CN=dev1, CN=dev2")]
    [InlineData("CN=\"dev1\0.evil\"")]
    [InlineData("O=x, CN=dev1")]
    public async Task I10_NamesInTheCertificate_NeverSpeakForADevice(string subject)
    {
        var bench = await CreateAsync();
        using var registered = Certificate(bench);
        using var certificate = Certificate(bench, subject: subject);
        await bench.AddDeviceAsync("dev1", new DeviceChange { PrimaryThumbprint = registered.Thumbprint });

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", null, certificate: certificate));
    }

    [Fact]
    public async Task I11_TokenOfOneDeviceWithCertificateOfAnother_Refused()
    {
        var bench = await CreateAsync();
        using var certificate = Certificate(bench);
        await bench.AddDeviceAsync("dev1", new DeviceChange { PrimaryThumbprint = certificate.Thumbprint });
        var other = await bench.AddDeviceAsync("dev2");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOf(other), certificate: certificate));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev2", null, certificate: certificate));
    }

    private static X509Certificate2 Certificate(
        AuthenticationBench bench, int fromDays = -1, int toDays = 365, string? usage = null, string subject = "CN=whatever")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        return request.CreateSelfSigned(bench.Time.GetUtcNow().AddDays(fromDays), bench.Time.GetUtcNow().AddDays(toDays));
    }

    /// <summary>Signs as the framework itself no longer does.</summary>
    private sealed class Sha1Signature(RSA key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) =>
            [0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05, 0x05, 0x00];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
            key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
