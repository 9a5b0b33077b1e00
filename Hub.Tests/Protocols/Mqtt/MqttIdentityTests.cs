using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Who may speak, at the MQTT door: the rows I1 to I12 of the catalogue that concern it, over real sockets.</summary>
public sealed class MqttIdentityTests(MqttHub shared) : IClassFixture<MqttHub>
{
    /// <summary>The promise is one second; a busy machine gets more, and a hub that forgets to close still fails.</summary>
    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(10);

    private static readonly byte[] NotAuthorized = [0x20, 2, 0, 5];

    public static TheoryData<string, string> Scopes => new()
    {
        { "another device", "localhost/devices/another" },
        { "a prefix of the id", "localhost/devices/ID0" },
        { "another case", "localhost/devices/id" },
        { "another hub", "elsewhere/devices/ID" },
        { "encoded twice", "localhost%2Fdevices%2FID" },
        { "nothing", "" },
    };

    [Theory]
    [InlineData("expired")]
    [InlineData("-1")]
    [InlineData("9223372036854775808")]
    [InlineData("1.5")]
    [InlineData("")]
    public async Task I01_BadExpiry_IsRefused(string expiry)
    {
        var device = await shared.NewDeviceAsync();
        var token = HubFixture.Token(device, expiry == "expired" ? TimeSpan.FromSeconds(-1) : null);
        if (expiry != "expired")
            token = token[..(token.IndexOf("&se=", StringComparison.Ordinal) + 4)] + expiry;
        await CheckRefusedAsync(device, token);
    }

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task I02_TokenForElsewhere_IsRefused(string what, string resource)
    {
        var device = await shared.Hub.AddDeviceAsync($"ID-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        var key = ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary.ToBase64();
        var scope = resource.Replace("ID", device.Id.Value, StringComparison.Ordinal);
        if (what == "another case")
            scope = $"localhost/devices/{device.Id.Value.ToLowerInvariant()}";
        await CheckRefusedAsync(device, SharedAccessSignature.Create(scope, key, TimeProvider.System.GetUtcNow().AddHours(1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("%%%")]
    public async Task I03_BadSignature_IsRefused(string signature)
    {
        var device = await shared.NewDeviceAsync();
        await CheckRefusedAsync(device, $"SharedAccessSignature sr=localhost%2Fdevices%2F{device.Id.Value}&sig={signature}&se=9999999999");
    }

    [Fact]
    [Trait("Promise", "P-5")]
    public async Task I04_Disable_EndsTheConnectionAndKeepsItOut()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = true });

        await shared.Hub.ChangeDeviceAsync(device.Id.Value, new DeviceChange { Status = DeviceStatus.Disabled });

        Assert.Equal(0x98, Assert.Single(await PromptlyClosedAsync(mqtt))[2]);
        await CheckRefusedAsync(device, HubFixture.Token(device));
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "disabled");
    }

    [Fact]
    [Trait("Promise", "P-5")]
    public async Task I04_Delete_EndsTheConnectionAndKeepsItOut()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);

        await shared.Hub.Get<DeviceRegistry>().DeleteAsync(device.Id, null, TestContext.Current.CancellationToken);

        Assert.Empty(await PromptlyClosedAsync(mqtt));
        await CheckRefusedAsync(device, HubFixture.Token(device));
    }

    [Fact]
    [Trait("Promise", "P-5")]
    public async Task I04_RotatedKey_EndsWhatItAuthenticatedAndNothingElse()
    {
        var device = await shared.NewDeviceAsync();
        var other = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        await using var bystander = await RawMqtt.ConnectedAsync(shared.Hub, other);
        var registry = shared.Hub.Get<DeviceRegistry>();

        await registry.RotateKeyAsync(device.Id, KeySlot.Secondary, TestContext.Current.CancellationToken);
        await mqtt.SendAsync(MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());

        await registry.RotateKeyAsync(device.Id, KeySlot.Primary, TestContext.Current.CancellationToken);
        Assert.Empty(await PromptlyClosedAsync(mqtt));
        await CheckRefusedAsync(device, HubFixture.Token(device));
        await bystander.SendAsync(MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await bystander.ReceiveAsync());
    }

    [Fact]
    public async Task I04_DisabledWhileItConnects_IsNeverLeftConnected()
    {
        for (var i = 0; i < 20; i++)
        {
            var device = await shared.NewDeviceAsync();
            await using var mqtt = await shared.OpenAsync();
            await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, HubFixture.Token(device)));
            await shared.Hub.ChangeDeviceAsync(device.Id.Value, new DeviceChange { Status = DeviceStatus.Disabled });
            await PromptlyClosedAsync(mqtt);
        }
    }

    [Theory]
    [InlineData("iothubowner", true)]
    [InlineData("device", true)]
    [InlineData("service", false)]
    [InlineData("registryReadWrite", false)]
    public async Task I06_PolicyToken_NeedsTheRightToConnect(string policy, bool mayConnect)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await shared.OpenAsync();
        await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, shared.Hub.PolicyToken(policy)));
        Assert.Equal(mayConnect ? 0 : 5, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));
    }

    [Fact]
    public async Task I07_UnknownDeviceAndWrongKey_HearTheSame()
    {
        var device = await shared.NewDeviceAsync();
        var stranger = await shared.NewDeviceAsync();
        List<byte[]> answers = [];
        foreach (var id in (string[])[device.Id.Value, "never-registered"])
        {
            await using var mqtt = await shared.OpenAsync();
            await mqtt.SendAsync(MqttPackets.Connect(id, HubFixture.Token(stranger), new ConnectOptions { Version5 = true }));
            answers.Add(Assert.Single(await mqtt.UntilClosedAsync()));
        }

        Assert.Equal(answers[0], answers[1]);
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Refused);
    }

    [Fact]
    public async Task I08_BruteForceOnOneDevice_OthersConnect()
    {
        var victim = await shared.NewDeviceAsync();
        var wrong = HubFixture.Token(await shared.NewDeviceAsync());
        for (var i = 0; i < 20; i++)
            await CheckRefusedAsync(victim, wrong);
        // The pair of this device and this address waits, even with the right key; every other device does not.
        await CheckRefusedAsync(victim, HubFixture.Token(victim));
        await shared.CheckCanaryAsync();
    }

    [Fact]
    public async Task I09_CertificateWithRegisteredThumbprint_ConnectsAndOthersDoNot()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var good = NewCertificate(now.AddDays(-1), now.AddDays(1));
        using var unknown = NewCertificate(now.AddDays(-1), now.AddDays(1));
        using var expired = NewCertificate(now.AddDays(-2), now.AddDays(-1));
        using var early = NewCertificate(now.AddDays(1), now.AddDays(2));
        foreach (var (certificate, registered, code) in ((X509Certificate2, X509Certificate2, int)[])[(good, good, 0), (unknown, good, 5), (expired, expired, 5), (early, early, 5)])
        {
            var device = await shared.Hub.AddDeviceAsync(
                $"x-{RandomNumberGenerator.GetHexString(8)}",
                new DeviceChange { PrimaryThumbprint = ThumbprintOf(registered) });
            await using var mqtt = await RawMqtt.TlsAsync(shared.Hub.Port("mqtts"), shared.Hub.CaPath, certificate);
            await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, token: null));
            Assert.Equal(code, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));
        }
    }

    [Fact]
    [Trait("Promise", "P-5")]
    public async Task I04_ChangedThumbprint_EndsWhatItAuthenticatedAndNothingElse()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var first = NewCertificate(now.AddDays(-1), now.AddDays(1));
        using var second = NewCertificate(now.AddDays(-1), now.AddDays(1));
        using var third = NewCertificate(now.AddDays(-1), now.AddDays(1));
        var id = $"x-{RandomNumberGenerator.GetHexString(8)}";
        await shared.Hub.AddDeviceAsync(id, new DeviceChange { PrimaryThumbprint = ThumbprintOf(first), SecondaryThumbprint = ThumbprintOf(second) });
        await using var mqtt = await RawMqtt.TlsAsync(shared.Hub.Port("mqtts"), shared.Hub.CaPath, first);
        await mqtt.SendAsync(MqttPackets.Connect(id, token: null));
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));

        await shared.Hub.ChangeDeviceAsync(id, new DeviceChange { PrimaryThumbprint = ThumbprintOf(first), SecondaryThumbprint = ThumbprintOf(third) });
        await mqtt.SendAsync(MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());

        await shared.Hub.ChangeDeviceAsync(id, new DeviceChange { PrimaryThumbprint = ThumbprintOf(second), SecondaryThumbprint = ThumbprintOf(third) });
        Assert.Empty(await PromptlyClosedAsync(mqtt));
        foreach (var (certificate, code) in ((X509Certificate2, int)[])[(first, 5), (third, 0)])
        {
            await using var next = await RawMqtt.TlsAsync(shared.Hub.Port("mqtts"), shared.Hub.CaPath, certificate);
            await next.SendAsync(MqttPackets.Connect(id, token: null));
            Assert.Equal(code, MqttPackets.CodeOf(await next.ReceiveAsync()));
        }
    }

    [Theory]
    [InlineData("localhost/another/?api-version=2021-04-12")]
    [InlineData("localhost/ID/modules/x/?api-version=2021-04-12", true)]
    [InlineData("elsewhere/ID/?api-version=2021-04-12")]
    [InlineData("localhost/id/?api-version=2021-04-12")]
    [InlineData("ID")]
    [InlineData("/ID")]
    [InlineData("")]
    public async Task I11_UserNameNamesAnother_IsRefused(string userName, bool isThisDevice = false)
    {
        var device = await shared.Hub.AddDeviceAsync($"ID{RandomNumberGenerator.GetHexString(8)}");
        await using var mqtt = await shared.OpenAsync();
        var options = new ConnectOptions { UserName = userName.Replace("ID", device.Id.Value, StringComparison.Ordinal) };
        if (userName.Contains("/id/", StringComparison.Ordinal))
            options = options with { UserName = $"localhost/{device.Id.Value.ToLowerInvariant()}/" };
        await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, HubFixture.Token(device), options));
        Assert.Equal(isThisDevice ? 0 : 5, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));
    }

    [Fact]
    public async Task I12_NoUserNameEmptyOrHugePassword_AreRefusedCleanly()
    {
        var device = await shared.NewDeviceAsync();
        var id = MqttPackets.Text(device.Id.Value);
        byte[][] connects =
        [
            MqttPackets.Connect(device.Id.Value, token: null),
            MqttPackets.Connect(device.Id.Value, ""),
            MqttPackets.Frame(0x10, MqttPackets.Text("MQTT"), [4, 2, 0, 60], id),
            MqttPackets.Frame(0x10, MqttPackets.Text("MQTT"), [4, 0x42, 0, 60], id, MqttPackets.Text("password without user name")),
            MqttPackets.Frame(0x10, MqttPackets.Text("MQTT"), [5, 0x42, 0, 60], [0], id, MqttPackets.Text("password without user name")),
            MqttPackets.Connect(device.Id.Value, new string('p', 65_535)),
            MqttPackets.Connect("", "x"),
        ];
        foreach (var connect in connects)
        {
            await using var mqtt = await shared.OpenAsync();
            await mqtt.SendAsync(connect);
            Assert.All(await mqtt.UntilClosedAsync(), answer => Assert.True(MqttPackets.CodeOf(answer) is 5 or 0x87));
        }

        await shared.CheckCanaryAsync();
    }

    private async Task CheckRefusedAsync(Device device, string token)
    {
        await using var mqtt = await shared.OpenAsync();
        await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, token));
        Assert.Equal(NotAuthorized, Assert.Single(await mqtt.UntilClosedAsync()));
    }

    private static async Task<List<byte[]>> PromptlyClosedAsync(RawMqtt mqtt)
    {
        var watch = Stopwatch.StartNew();
        var packets = await mqtt.UntilClosedAsync();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Promptly);
        return packets;
    }

    private static string ThumbprintOf(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private static X509Certificate2 NewCertificate(DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
