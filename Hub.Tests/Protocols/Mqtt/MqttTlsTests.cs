using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>TLS that is old, unfinished or abused: row P14 of the catalogue.</summary>
[Collection(nameof(MqttHub))]
public sealed class MqttTlsTests(MqttHub shared)
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task P14_OldTlsVersions_AreRefused()
    {
        var trust = HubFixture.Trust(X509CertificateLoader.LoadCertificateFromFile(shared.Hub.CaPath));
#pragma warning disable CA5397, CS0618, SYSLIB0039, CA5398 // The old versions are what is tried here.
        foreach (var version in (SslProtocols[])[SslProtocols.Tls, SslProtocols.Tls11])
#pragma warning restore
        {
            using var tcp = new System.Net.Sockets.TcpClient();
            await tcp.ConnectAsync("127.0.0.1", shared.Hub.Port("mqtts"), None);
            await using var tls = new SslStream(tcp.GetStream());
            var fault = await Record.ExceptionAsync(() => tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version, RemoteCertificateValidationCallback = trust },
                None));
            Assert.True(fault is AuthenticationException or IOException, $"{version}: {fault}");
        }
    }

    /// <summary>Hellos made by hand, which libraries do not say any more. The last is the control: but for its version it is the same.</summary>
    [Theory]
    [InlineData(0x00, false)]
    [InlineData(0x01, false)]
    [InlineData(0x02, false)]
    [InlineData(0x03, true)]
    public async Task P14_HelloOfAVersion_IsAnsweredWithAHandshakeFromTls12On(byte minor, bool isTaken)
    {
        // ECDHE with ECDSA, for TLS 1.2 and for those before; the curve, points and signatures that the hub's certificate needs.
        byte[] suites = [0xC0, 0x2B, 0xC0, 0x09, 0xC0, 0x0A];
        byte[] extensions = [0x00, 0x0A, 0, 4, 0, 2, 0x00, 0x17, 0x00, 0x0B, 0, 2, 1, 0, 0x00, 0x0D, 0, 4, 0, 2, 0x04, 0x03];
        byte[] body =
        [
            0x03, minor, .. RandomNumberGenerator.GetBytes(32), 0, 0, (byte)suites.Length, .. suites, 1, 0, 0, (byte)extensions.Length, .. extensions,
        ];
        byte[] hello = [0x01, 0, 0, (byte)body.Length, .. body];
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync("127.0.0.1", shared.Hub.Port("mqtts"), None);
        var stream = tcp.GetStream();
        await stream.WriteAsync((byte[])[0x16, 0x03, Math.Min(minor, (byte)1), 0, (byte)hello.Length, .. hello], None);

        var answer = new byte[1];
        var read = 0;
        try
        {
            read = await stream.ReadAsync(answer, None);
        }
        catch (IOException) when (!isTaken)
        {
            // A reset says no as well as an alert or a close.
        }

        const byte Handshake = 0x16;
        Assert.Equal(isTaken, read == 1 && answer[0] == Handshake);
    }

    [Fact]
    public async Task P14_Renegotiation_EndsTheConnection()
    {
        Assert.SkipUnless(Programs.Exists("openssl"), "openssl is needed.");
        var start = new ProcessStartInfo(
            "openssl", ["s_client", "-connect", $"127.0.0.1:{shared.Hub.Port("mqtts")}", "-tls1_2", "-CAfile", shared.Hub.CaPath, "-verify_return_error"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var client = Process.Start(start)!;
        var output = client.StandardOutput.ReadToEndAsync(None);
        var errors = client.StandardError.ReadToEndAsync(None);

        var started = TimeProvider.System.GetTimestamp();
        try
        {
            // A line of a single R is its command to begin anew.
            await client.StandardInput.WriteAsync("R\n");
            await client.StandardInput.FlushAsync(None);
            await client.WaitForExitAsync(None).WaitAsync(TimeSpan.FromSeconds(30), None);
        }
        finally
        {
            if (!client.HasExited)
                client.Kill();
        }

        // Begun anew, it would have waited for a CONNECT that does not come, which the hub gives ten seconds.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.Contains("Verify return code: 0 (ok)", await output, StringComparison.Ordinal);
        Assert.Contains("RENEGOTIATING", await errors + await output, StringComparison.Ordinal);
        Assert.NotEqual(0, client.ExitCode);
        await shared.CheckCanaryAsync();
    }

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task P14_LargeCertificate_IsRefusedAndDisturbsNobody(int size)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=large", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("1.2.3.4.5", RandomNumberGenerator.GetBytes(size), critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var large = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var device = await shared.NewDeviceAsync();

        byte[]? answer = null;
        var fault = await Record.ExceptionAsync(async () =>
        {
            await using var mqtt = await RawMqtt.TlsAsync(shared.Hub.Port("mqtts"), shared.Hub.CaPath, large);
            await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, token: null));
            answer = await mqtt.TryReceiveAsync();
        });

        Assert.True(fault is null or AuthenticationException or IOException, $"{fault}");
        Assert.True(answer is null || MqttPackets.CodeOf(answer) == 5);
        await shared.CheckCanaryAsync();
    }

    [Fact]
    [Trait("Promise", "P-7")]
    public async Task P14_HandshakeNeverFinished_ClosedInTime()
    {
        await using var mqtt = await RawMqtt.TcpAsync(shared.Hub.Port("mqtts"));
        var started = TimeProvider.System.GetTimestamp();
        await mqtt.SendAsync([0x16, 0x03, 0x01, 0x00]);
        await mqtt.UntilClosedAsync();
        // Ten seconds are promised (P-7); the rest is for a busy machine.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }
}
