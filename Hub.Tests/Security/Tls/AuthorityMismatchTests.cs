using System.Security.Cryptography;
using Hub.Server.Registry;
using Hub.Server.Security.Tls;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Security.Tls;

public sealed class AuthorityMismatchTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly LogCapture _logged = new();
    private readonly LoggerFactory _loggers;

    public AuthorityMismatchTests() => _loggers = new LoggerFactory([_logged]);

    public void Dispose()
    {
        _loggers.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Refresh_AuthorityReplacedInTwoSteps_KeepsTheCertificateAndLogsOnce()
    {
        var hub = Options.Create(new HubOptions { DataDirectory = _folder.Path });
        var certificate = new ServerCertificate(
            Options.Create(new TlsOptions()), new CertificateAuthority(hub, _time), _time, _loggers.CreateLogger<ServerCertificate>());
        var before = certificate.ForRaw.ServerCertificateContext!.TargetCertificate.Thumbprint;
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(_folder.At("tls", "ca.key"), other.ExportPkcs8PrivateKeyPem());

        for (var hour = 0; hour < 3; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            Assert.False(certificate.Refresh());
        }

        Assert.Equal(before, certificate.ForRaw.ServerCertificateContext!.TargetCertificate.Thumbprint);
        var line = Assert.Single(_logged.Of<ServerCertificate>());
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Contains("ca.key does not belong to the certificate", line.Text, StringComparison.Ordinal);
    }
}
