using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Server.Registry;
using Hub.Server.Security.Tls;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Security.Tls;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("hub.example.com")]
    [InlineData("old.example.com")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Handshake_EachName_VerifiesAgainstTheAuthority(string name)
    {
        var errors = await HandshakeAsync(Create(), name, SslProtocols.Tls13);

        Assert.Equal(SslPolicyErrors.None, errors);
    }

    [Fact]
    public async Task Handshake_ForeignName_DoesNotVerify() =>
        Assert.Equal(SslPolicyErrors.RemoteCertificateNameMismatch, await HandshakeAsync(Create(), "other.example.com", SslProtocols.Tls12));

#pragma warning disable SYSLIB0039, CA5397 // Old versions are what is to be refused.
    [Fact]
    public async Task Handshake_OldVersion_Refused() =>
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(Create(), "localhost", SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397

    [Fact]
    public async Task Handshake_ClientCertificateOfAnyIssuer_ArrivesUnjudged()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var mine = new CertificateRequest("CN=dev", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(_time.GetUtcNow().AddDays(-9), _time.GetUtcNow().AddDays(-8));
        X509Certificate? seen = null;

        await HandshakeAsync(Create(), "localhost", SslProtocols.Tls13, mine, stream => seen = stream.RemoteCertificate);

        Assert.Equal(mine.GetCertHashString(), seen?.GetCertHashString());
    }

    [Fact]
    public async Task OpenSsl_VerifiesChainStrictly()
    {
        Create();
        var verify = new ProcessStartInfo("openssl")
        {
            ArgumentList =
            {
                "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "hub.example.com", "-CAfile", _folder.At("tls", "ca.pem"),
                _folder.At("tls", "server.pem"),
            },
        };

        var (code, _, errors) = await Programs.RunAsync(verify, TimeSpan.FromSeconds(60));

        Assert.True(code == 0, errors);
    }

    [Fact]
    public void PrivateKeys_AreForTheOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        Create();

        foreach (var name in new[] { "ca.key", "server.key" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.At("tls", name)));
    }

    [Fact]
    public void Restart_NothingChanged_KeepsBoth()
    {
        Create();
        var (authority, server) = (Read("ca.pem"), Read("server.pem"));
        Create();

        Assert.Equal((authority, server), (Read("ca.pem"), Read("server.pem")));
    }

    [Fact]
    public async Task Restart_NamesChanged_ReissuesUnderTheSameAuthority()
    {
        Create();
        var (authority, server) = (Read("ca.pem"), Read("server.pem"));
        var changed = Create(["new.example.com"]);

        Assert.Equal(authority, Read("ca.pem"));
        Assert.NotEqual(server, Read("server.pem"));
        Assert.Equal(SslPolicyErrors.None, await HandshakeAsync(changed, "new.example.com", SslProtocols.Tls13));
    }

    [Fact]
    public void Refresh_EndComesNear_Reissues()
    {
        var certificate = Create();
        var before = Read("server.pem");
        _time.Advance(TimeSpan.FromDays(300));
        Assert.False(certificate.Refresh());
        _time.Advance(TimeSpan.FromDays(70));

        Assert.True(certificate.Refresh());
        Assert.NotEqual(before, Read("server.pem"));
    }

    [Fact]
    public async Task Watch_FilesReplaced_NewConnectionsGetTheNewPair()
    {
        var (certificatePath, keyPath) = (_folder.At("own.pem"), _folder.At("own.key"));
        WriteOwn(certificatePath, keyPath, "first");
        var certificate = Create(own: (certificatePath, keyPath));
        Assert.Null(certificate.AuthorityPath);
        using var watch = new CertificateWatch(certificate, _time);
        await watch.StartAsync(TestContext.Current.CancellationToken);

        WriteOwn(certificatePath, keyPath, "second");
        await WaitForAsync(() => NameOf(certificate) == "CN=second");

        await watch.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Refresh_BrokenNewFile_KeepsTheOldUntilMended()
    {
        var (certificatePath, keyPath) = (_folder.At("own.pem"), _folder.At("own.key"));
        WriteOwn(certificatePath, keyPath, "first");
        var certificate = Create(own: (certificatePath, keyPath));

        File.WriteAllText(certificatePath, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
        Assert.False(certificate.Refresh());
        Assert.Equal("CN=first", NameOf(certificate));

        // The certificate comes before its key: between the two they do not belong together.
        WriteOwn(certificatePath, _folder.At("second.key"), "second");
        Assert.False(certificate.Refresh());
        Assert.Equal("CN=first", NameOf(certificate));
        File.Delete(keyPath);
        Assert.False(certificate.Refresh());
        File.Move(_folder.At("second.key"), keyPath);
        Assert.True(certificate.Refresh());
        Assert.Equal("CN=second", NameOf(certificate));
    }

    [Fact]
    public void Options_OneOfTheTwoPaths_SaysWhichIsMissing()
    {
        var result = new TlsOptionsValidator().Validate(null, new TlsOptions { CertificatePath = "a.pem" });

        Assert.Contains("Hub:Tls:KeyPath is empty", result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_FileMissing_NamesKeyAndFile()
    {
        var result = new TlsOptionsValidator().Validate(null, new TlsOptions { CertificatePath = "none.pem", KeyPath = "none.key" });

        Assert.Equal(2, result.Failures!.Count());
        Assert.Contains("Hub:Tls:CertificatePath", result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_KeyOfAnother_NamesKeyPath()
    {
        WriteOwn(_folder.At("a.pem"), _folder.At("a.key"), "a");
        WriteOwn(_folder.At("b.pem"), _folder.At("b.key"), "b");

        Assert.Contains("Hub:Tls:KeyPath", Judge("a.pem", "b.key"), StringComparison.Ordinal);
        Assert.Null(Judge("a.pem", "a.key"));
    }

    [Fact]
    public void Options_BrokenFiles_NameTheirKeys()
    {
        WriteOwn(_folder.At("a.pem"), _folder.At("a.key"), "a");
        File.WriteAllText(_folder.At("broken"), "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----");

        Assert.StartsWith("Hub:Tls:CertificatePath: ", Judge("broken", "a.key"), StringComparison.Ordinal);
        Assert.StartsWith("Hub:Tls:KeyPath: ", Judge("a.pem", "broken"), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_FileThatCannotBeRead_NamesItsKey()
    {
        WriteOwn(_folder.At("a.pem"), _folder.At("a.key"), "a");
        // A lock keeps even the superuser out, whom the mode of a file does not.
        using var taken = new FileStream(_folder.At("a.key"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var fault = Judge("a.pem", "a.key");

        Assert.StartsWith("Hub:Tls:KeyPath: ", fault, StringComparison.Ordinal);
        Assert.Contains("cannot be read", fault, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string? Judge(string certificate, string key) =>
        new TlsOptionsValidator().Validate(null, new TlsOptions { CertificatePath = _folder.At(certificate), KeyPath = _folder.At(key) }).FailureMessage;

    private ServerCertificate Create(string[]? aliases = null, (string Certificate, string Key)? own = null)
    {
        var hub = Options.Create(new HubOptions
        {
            HostName = "hub.example.com", HostNameAliases = aliases ?? ["old.example.com"], DataDirectory = _folder.Path,
        });
        var tls = own is { } files ? new TlsOptions { CertificatePath = files.Certificate, KeyPath = files.Key } : new TlsOptions();
        return new ServerCertificate(Options.Create(tls), new CertificateAuthority(hub, _time), _time, NullLogger<ServerCertificate>.Instance);
    }

    private string Read(string name) => File.ReadAllText(_folder.At("tls", name));

    private static string NameOf(ServerCertificate certificate) => certificate.ForRaw.ServerCertificateContext!.TargetCertificate.Subject;

    private void WriteOwn(string certificatePath, string keyPath, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(90));
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
    }

    private async Task WaitForAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            _time.Advance(CertificateWatch.Interval);
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>Shakes hands over a socket, the client trusting the hub's authority alone; gives what the client finds wrong.</summary>
    private async Task<SslPolicyErrors> HandshakeAsync(
        ServerCertificate certificate, string name, SslProtocols protocol, X509Certificate2? mine = null, Action<SslStream>? atServer = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellation);
        using var server = await listener.AcceptTcpClientAsync(cancellation);
        await using var serverStream = new SslStream(server.GetStream());
        await using var clientStream = new SslStream(client.GetStream());

        var errors = SslPolicyErrors.None;
        using var authority = X509CertificateLoader.LoadCertificateFromFile(_folder.At("tls", "ca.pem"));
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(authority);
        var accepting = serverStream.AuthenticateAsServerAsync(certificate.ForRaw, cancellation);
        await clientStream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
                EnabledSslProtocols = protocol,
                CertificateChainPolicy = trust,
                ClientCertificates = mine is null ? null : [mine],
#pragma warning disable CA5359 // What is found wrong is given to the test, which judges it.
                RemoteCertificateValidationCallback = (_, _, _, found) =>
                {
                    errors = found;
                    return true;
                },
#pragma warning restore CA5359
            },
            cancellation);
        await accepting;
        atServer?.Invoke(serverStream);
        return errors;
    }
}
