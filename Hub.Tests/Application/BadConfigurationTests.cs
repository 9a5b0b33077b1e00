using System.Net;
using System.Net.Sockets;
using Hub.Server;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>A start that cannot be is answered with a sentence that names the key in full, and with exit code 1.</summary>
public sealed class BadConfigurationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("--Hub:Messaging:DeviceToCloud:Partitions=abc", "Hub:Messaging:DeviceToCloud:Partitions is 'abc'; a whole number (1 to 32) is expected.")]
    [InlineData("--Hub:Messaging:DeviceToCloud:Partitions=", "Hub:Messaging:DeviceToCloud:Partitions is ''; a whole number (1 to 32) is expected.")]
    [InlineData("--Hub:Messaging:DeviceToCloud:Partitions=33", "Hub:Messaging:DeviceToCloud:Partitions is '33'; it may be 1 to 32.")]
    [InlineData("--Hub:Messaging:DeviceToCloud:RetentionBytes=-1", "Hub:Messaging:DeviceToCloud:RetentionBytes is '-1'; it may be 0 or more.")]
    [InlineData("--Hub:Endpoints:AllowPlainOutsideLoopback=yes", "Hub:Endpoints:AllowPlainOutsideLoopback is 'yes'; true or false is expected.")]
    [InlineData("--Hub:Protocols:Mqtt:MaxInFlight=0", "Hub:Protocols:Mqtt:MaxInFlight is '0'; it may be 1 to 65535.")]
    [InlineData("--Hub:Protocols:Mqtt:WriteTimeout=soon", "Hub:Protocols:Mqtt:WriteTimeout is 'soon'; a span of time, written [DAYS.]HOURS:MINUTES:SECONDS such as 00:00:30 or 7.00:00:00 (00:00:01 to 00:10:00) is expected.")]
    [InlineData("--Hub:DataDirectory=", "Hub:DataDirectory is empty; give it a value.")]
    [InlineData("--Hub:HostName=a..b", "Hub:HostName is 'a..b'; a host name is expected: letters, digits and dashes, in parts of at most 63 that are joined by dots.")]
    [InlineData("--Hub:HostNameAliases:0=old hub", "Hub:HostNameAliases is 'old hub'; a host name is expected: letters, digits and dashes, in parts of at most 63 that are joined by dots.")]
    [InlineData("--Hub:HostNameAliases:0=", "Hub:HostNameAliases is ''; a host name is expected: letters, digits and dashes, in parts of at most 63 that are joined by dots.")]
    [InlineData("--Hub:HostNameAliases=old.example.com", "Hub:HostNameAliases is a list: set Hub:HostNameAliases:0, Hub:HostNameAliases:1 and so on, each to one item.")]
    [InlineData("--Hub:HostName:0=hub", "The setting Hub:HostName:0 is unknown: correct its name, or remove it (docs/configuration.md lists all).")]
    [InlineData("--Hub:Tls=cert.pem", "Hub:Tls is a section, not a setting: set a key under it, such as Hub:Tls:CertificatePath, and remove the value.")]
    [InlineData("--Hub:Endpoints:Mqtt=mqtt://203.0.113.77:0", "Hub:Endpoints:AllowPlainOutsideLoopback to true.")]
    [InlineData("--Hub:Endpoints:Https=https://203.0.113.77:0", "Hub:Endpoints:Https names https://203.0.113.77:0, which is no address of this machine")]
    [InlineData("--Hub:Endpoints:Https=https://[::1]:4711;https://[::1]:4711", "Hub:Endpoints:Https and Hub:Endpoints:Https name the same place, https://[::1]:4711")]
    [InlineData("--Logging:LogLevel:Default=Loud", "Logging:LogLevel:Default is 'Loud'; one of Trace, Debug, Information, Warning, Error, Critical, None is expected.")]
    [InlineData("--Hub:Messaging:DeviceToCloud:Retention=7", "Hub:Messaging:DeviceToCloud:Retention is '7'; a span of time, written [DAYS.]HOURS:MINUTES:SECONDS such as 00:00:30 or 7.00:00:00 (00:01:00 to 3650.00:00:00) is expected.")]
    [InlineData("-p=secret", "The argument -p is no setting: write --KEY=VALUE, with two dashes, such as --Hub:DataDirectory=data.")]
    [InlineData("secret", "An argument behind --Logging:Console:LogLevel:Default is no setting: write --KEY=VALUE")]
    [InlineData("--port=secret", "The argument --port is unknown: settings begin with --Hub: or --Logging:")]
    [InlineData("--urls=http://127.0.0.1:0", "The argument --urls is unknown: settings begin with --Hub: or --Logging:")]
    [InlineData("--Hub:HostName", "The setting --Hub:HostName has no value: write --Hub:HostName=VALUE.")]
    [InlineData("--Hub:Portal:AdminPassword=secret", "Hub:Portal:AdminPassword is not usable (its value is not shown); Passwords must be at least 10 characters. Passwords must use at least 4 different characters.")]
    [InlineData("--Hub:Portal:AdminPassword=aaaaaaaaabc", "Hub:Portal:AdminPassword is not usable (its value is not shown); Passwords must be at least 10 characters.")]
    public async Task RunAsync_BadSetting_SaysWhichAndFails(string setting, string sentence)
    {
        var (code, errors) = await RunAsync(setting);

        Assert.Contains(sentence, errors, StringComparison.Ordinal);
        AssertOneSentence(code, errors);
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_OperatorExists_PasswordOfTheSettingIsStillJudged()
    {
        await using (var hub = HubApplication.Build([.. Given(), "--Hub:Portal:AdminPassword=correct horse battery"]))
        {
            await hub.StartAsync(TestContext.Current.CancellationToken);
            await hub.StopAsync(TestContext.Current.CancellationToken);
        }

        var (code, errors) = await RunAsync("--Hub:Portal:AdminPassword=short");

        Assert.StartsWith("Hub:Portal:AdminPassword is not usable (its value is not shown); ", errors, StringComparison.Ordinal);
        AssertOneSentence(code, errors);
    }

    [Fact]
    public async Task RunAsync_PlainDoorAtForeignAddress_NamesItsKey()
    {
        var (code, errors) = await RunAsync("--Hub:Endpoints:AllowPlainOutsideLoopback=true", "--Hub:Endpoints:Mqtt=mqtt://203.0.113.77:0");

        Assert.StartsWith("Hub:Endpoints:Mqtt names mqtt://203.0.113.77:0, which is no address of this machine", errors, StringComparison.Ordinal);
        AssertOneSentence(code, errors);
    }

    [Theory]
    [InlineData("http", "Http")]
    [InlineData("mqtt", "Mqtt")]
    public async Task RunAsync_PortInUse_NamesItsKey(string scheme, string key)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var (code, errors) = await RunAsync($"--Hub:Endpoints:{key}={scheme}://127.0.0.1:{port}");

        Assert.StartsWith($"Port {port} of Hub:Endpoints:{key} is in use by another program", errors, StringComparison.Ordinal);
        AssertOneSentence(code, errors);
    }

    [Fact]
    public async Task RunAsync_MalformedCertificate_NamesItsKey()
    {
        var (certificate, key) = (_folder.At("server.pem"), _folder.At("server.key"));
        await File.WriteAllTextAsync(certificate, "no certificate", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(key, "no key", TestContext.Current.CancellationToken);

        var (code, errors) = await RunAsync($"--Hub:Tls:CertificatePath={certificate}", $"--Hub:Tls:KeyPath={key}");

        Assert.StartsWith($"Hub:Tls:CertificatePath: {certificate} holds no readable certificate in PEM", errors, StringComparison.Ordinal);
        AssertOneSentence(code, errors);
    }

    [Fact]
    public async Task RunAsync_DamagedOwnAuthority_SaysWhereItLies()
    {
        Directory.CreateDirectory(_folder.At("data", "tls"));
        foreach (var name in (string[])["ca.pem", "ca.key"])
            await File.WriteAllTextAsync(_folder.At("data", "tls", name), "damaged", TestContext.Current.CancellationToken);

        var (code, errors) = await RunAsync();

        Assert.StartsWith($"The hub's own certificate authority in {_folder.At("data", "tls")} cannot be used", errors, StringComparison.Ordinal);
        AssertOneSentence(code, errors);
    }

    [Fact]
    public async Task RunAsync_SeveralBadSettings_SaysAll()
    {
        var (code, errors) = await RunAsync(
            "--Hub:Protocols:Mqtt:MaxInFlight=0", "--Hub:Messaging:DeviceToCloud:Partitions=99", "--Hub:Storage:StopBelow=much", "--Hub:Tls:CertificatePath=server.pem");

        Assert.Equal(1, code);
        Assert.Contains("Hub:Protocols:Mqtt:MaxInFlight is '0'", errors, StringComparison.Ordinal);
        Assert.Contains("Hub:Messaging:DeviceToCloud:Partitions is '99'", errors, StringComparison.Ordinal);
        Assert.Contains("Hub:Storage:StopBelow is \"much\"", errors, StringComparison.Ordinal);
        Assert.Contains("Hub:Tls:KeyPath is empty", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_WrongKind_EndsWithOneAndNoStackTrace()
    {
        var (code, output) = await HubProcess.RunToEndAsync(_folder.At("data"), "--Hub:Messaging:DeviceToCloud:Partitions=abc");

        Assert.Equal("Hub:Messaging:DeviceToCloud:Partitions is 'abc'; a whole number (1 to 32) is expected.", output.Trim());
        Assert.Equal(1, code);
    }

    [Fact]
    public async Task Program_ForeignAddress_EndsWithOneAndNoStackTrace()
    {
        var (code, output) = await HubProcess.RunToEndAsync(_folder.At("data"), "--Hub:Endpoints:Https=https://203.0.113.77:0");

        Assert.Contains("Hub:Endpoints:Https names https://203.0.113.77:0, which is no address of this machine", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertOneSentence(int code, string errors)
    {
        Assert.Equal(1, code);
        Assert.Single(errors.Trim().Split('\n'));
    }

    private string[] Given() =>
    [
        $"--Hub:DataDirectory={_folder.At("data")}", "--Hub:Endpoints:Http=http://127.0.0.1:0", "--Hub:Endpoints:Https=https://127.0.0.1:0",
        "--Hub:Endpoints:Mqtt=mqtt://127.0.0.1:0", "--Hub:Endpoints:Mqtts=", "--Logging:Console:LogLevel:Default=None",
    ];

    private async Task<(int Code, string Errors)> RunAsync(params string[] settings)
    {
        using var errors = new StringWriter();
        var code = await HubProgram.RunAsync([.. Given(), .. settings], TextWriter.Null, errors).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return (code, errors.ToString());
    }
}
