using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Portal.Devices;
using Hub.Server.Operations;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

/// <summary>The lines that the portal offers do what they are for when they are pasted as they stand.</summary>
[Collection("Port 443")]
public sealed class DeviceSnippetsRunTests
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("d1", AuthenticationType.Sas)]
    [InlineData("it's-100%(1)", AuthenticationType.Sas)]
    [InlineData("d1", AuthenticationType.SelfSigned)]
    public async Task Snippets_Pasted_SendTheMessage(string id, AuthenticationType authentication)
    {
        Assert.SkipUnless(NodeClient.IsInstalled && Programs.Exists("mosquitto_pub") && Programs.Exists("curl"), "The clients are missing.");
        await using var hub = await StandardPorts.StartAsync(8883);
        using var folder = new TestFolder();
        var change = new DeviceChange();
        if (authentication == AuthenticationType.SelfSigned)
            change = change with { PrimaryThumbprint = MakeCertificate(folder.Path) };
        var device = await hub.AddDeviceAsync(id, change);
        var (info, details) = (await hub.Get<HubDescription>().ReadAsync(None), DetailsOf(device, authentication));
        var sas = authentication == AuthenticationType.Sas;
        var token = sas ? HubFixture.Token(device) : null;
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "send.mjs"), DeviceSnippets.Node(info, details, sas ? HubFixture.ConnectionString(device) : null)!, None);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "node_modules"), NodeClient.Packages);

        foreach (var line in (string[])[DeviceSnippets.Mosquitto(info, details, token)!, DeviceSnippets.Curl(info, details, token)!, "node send.mjs"])
        {
            var shell = new ProcessStartInfo("bash", ["-c", line]) { WorkingDirectory = folder.Path };
            var (code, output, errors) = await Programs.RunAsync(shell, TimeSpan.FromSeconds(60));
            Assert.True(code == 0, $"{line.Split(' ')[0]} ended with {code}: {output}{errors}");
        }

        var stored = await hub.StoredAsync(id);
        Assert.Equal(3, stored.Count);
        Assert.All(stored, message => Assert.Equal("""{"temperature":21.5}""", System.Text.Encoding.UTF8.GetString(message.Message.Body.Span)));
        Assert.All(stored, message => Assert.Equal("application/json", message.Message.SystemProperties[Shared.Messages.SystemPropertyNames.ContentType]));
    }

    /// <summary>Writes device.pem and device.key; returns the thumbprint.</summary>
    private static string MakeCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "device.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "device.key"), key.ExportPkcs8PrivateKeyPem());
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private static DeviceDetails DetailsOf(Device device, AuthenticationType authentication) => new()
    {
        DeviceId = device.Id,
        GenerationId = device.GenerationId,
        ETag = "1",
        Status = device.Status,
        CreatedTime = device.CreatedTime,
        AuthenticationType = authentication,
        ConnectionState = ConnectionState.Disconnected,
        Tags = new Dictionary<string, string>(),
    };
}
