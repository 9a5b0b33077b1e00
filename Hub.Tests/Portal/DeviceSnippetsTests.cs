using Hub.Portal.Devices;
using Hub.Shared.Devices;
using Hub.Shared.Operations;
using Xunit;

namespace Hub.Tests.Portal;

public sealed class DeviceSnippetsTests
{
    [Fact]
    public void Mosquitto_TlsDoor_CarriesRealNamesAndTheToken()
    {
        var snippet = DeviceSnippets.Mosquitto(HubWith("mqtts", 8883), Device("d1"), "SharedAccessSignature sr=x");

        Assert.Contains("-h hub.example -p 8883", snippet, StringComparison.Ordinal);
        Assert.Contains("--cafile '/data/tls/ca.pem'", snippet, StringComparison.Ordinal);
        Assert.Contains("-u 'hub.example/d1/?api-version=2021-04-12'", snippet, StringComparison.Ordinal);
        Assert.Contains("-P 'SharedAccessSignature sr=x'", snippet, StringComparison.Ordinal);
        Assert.Contains("-t 'devices/d1/messages/events/", snippet, StringComparison.Ordinal);
    }

    [Fact]
    public void Mosquitto_IdWithQuote_IsQuotedForTheShell() =>
        Assert.Contains("-i 'it'\\''s'", DeviceSnippets.Mosquitto(HubWith("mqtts", 8883), Device("it's"), null), StringComparison.Ordinal);

    [Fact]
    public void Curl_IdWithPercent_IsEscapedInTheAddress() =>
        Assert.Contains("/devices/a%25b%3Dc%40d/messages/events?", DeviceSnippets.Curl(HubWith("https", 8443), Device("a%b=c@d"), null), StringComparison.Ordinal);

    [Fact]
    public void Curl_PlainDoorOnly_DialsItsAddressWithoutTrust()
    {
        var snippet = DeviceSnippets.Curl(HubWith("http", 8080), Device("d1"), null);

        Assert.Contains("http://127.0.0.1:8080/", snippet, StringComparison.Ordinal);
        Assert.DoesNotContain("--cacert", snippet, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2001:db8::7")]
    [InlineData("[2001:db8::7]")]
    public void Curl_HostIsAnIpv6Address_StandsInBrackets(string host) =>
        Assert.Contains(
            "'https://[2001:db8::7]:8443/devices/d1/", DeviceSnippets.Curl(HubWith("https", 8443) with { HostName = host }, Device("d1"), null), StringComparison.Ordinal);

    [Theory]
    [InlineData("::1")]
    [InlineData("[::1]")]
    public void Curl_PlainDoorOnAnIpv6Address_StandsInBrackets(string address) =>
        Assert.Contains(
            "'http://[::1]:8080/",
            DeviceSnippets.Curl(HubWith("http", 8080) with { Doors = [new DoorInfo("http", address, 8080)] }, Device("d1"), null),
            StringComparison.Ordinal);

    [Fact]
    public void Mosquitto_HostIsAnIpv6Address_StandsBareSinceItIsNoUrl() =>
        Assert.Contains(
            "-h 2001:db8::7 -p 8883", DeviceSnippets.Mosquitto(HubWith("mqtts", 8883) with { HostName = "2001:db8::7" }, Device("d1"), null), StringComparison.Ordinal);

    [Fact]
    public void Node_NoTlsDoor_IsNone() => Assert.Null(DeviceSnippets.Node(HubWith("mqtt", 1883), Device("d1"), null));

    [Fact]
    public void Mosquitto_CertificateOverPlainDoor_IsNone() =>
        Assert.Null(DeviceSnippets.Mosquitto(HubWith("mqtt", 1883), Device("d1") with { AuthenticationType = AuthenticationType.SelfSigned }, null));

    private static HubInfo HubWith(string protocol, int port) => new()
    {
        HostName = "hub.example",
        Version = "1",
        Partitions = 4,
        CertificateAuthorityPath = "/data/tls/ca.pem",
        Doors = [new DoorInfo(protocol, protocol.EndsWith('s') ? "*" : "127.0.0.1", port)],
    };

    private static DeviceDetails Device(string id) => new()
    {
        DeviceId = DeviceId.Parse(id),
        GenerationId = "1",
        ETag = "1",
        Status = DeviceStatus.Enabled,
        CreatedTime = DateTimeOffset.UnixEpoch,
        AuthenticationType = AuthenticationType.Sas,
        ConnectionState = ConnectionState.Disconnected,
        Tags = new Dictionary<string, string>(),
    };
}
