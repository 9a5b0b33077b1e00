using Hub.Server.Security;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>For which resource a token is: row I2 of the identity catalogue.</summary>
public sealed class DeviceTokenScopeTests
{
    [Theory]
    [InlineData("hub.example.com%2Fdevices%2Fdev1", true)]
    [InlineData("hub.example.com%2fdevices%2fdev1", true)]
    [InlineData("hub.example.com/devices/dev1", true)]
    [InlineData("HUB.Example.COM%2Fdevices%2Fdev1", true)]
    [InlineData("old.azure-devices.net%2Fdevices%2Fdev1", true)]
    [InlineData("hub.example.com", true)]
    [InlineData("hub.example.com%2Fdevices%2Fdev10", false)]
    [InlineData("hub.example.com%2Fdevices%2Fdev", false)]
    [InlineData("hub.example.com%2Fdevices%2FDEV1", false)]
    [InlineData("hub.example.com%2Fdevices%2Fdev2", false)]
    [InlineData("hub.example.com%252Fdevices%252Fdev1", false)]
    [InlineData("hub.example.com%2Fdevices%2Fdev1%2Fmodules%2Fm", false)]
    [InlineData("hub.example.com%2Fdevices%2F..%2Fdevices%2Fdev1", false)]
    [InlineData("hub.example.com%2F%2Fdevices%2Fdev1", false)]
    [InlineData("hub.example.com.evil.org%2Fdevices%2Fdev1", false)]
    [InlineData("other.example.com%2Fdevices%2Fdev1", false)]
    [InlineData("%2Fdevices%2Fdev1", false)]
    public async Task I2_Scope_ByWholeDecodedSegments(string encodedResource, bool accepts)
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");

        var answer = await bench.TryAsync("dev1", Sign(encodedResource, PrimaryKeyOf(device), bench.Expiry));

        Assert.Equal(accepts, answer is DeviceAuthentication.Accepted);
    }

    [Fact]
    public async Task I2_TokenOfPrefixTwin_RefusedBothWays()
    {
        var bench = await CreateAsync();
        var one = await bench.AddDeviceAsync("dev1");
        var ten = await bench.AddDeviceAsync("dev10");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev10", bench.TokenOf(one)));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOf(ten)));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev10", bench.TokenOfPolicy("device", $"{Host}/devices/dev1")));
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a:b@c=d,$e'(f)!*?")]
    public async Task I2_IdWithEncodableCharacters_DecodedOnce(string id)
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync(id);

        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync(id, bench.TokenOf(device)));
    }

    [Theory]
    [InlineData(Host, true)]
    [InlineData("HUB.example.com", true)]
    [InlineData(Alias, true)]
    [InlineData(null, true)]
    [InlineData("other.example.com", false)]
    [InlineData("", false)]
    public async Task I2_HostNameThatThePeerWrote_MustBeOurs(string? host, bool accepts)
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");

        Assert.Equal(accepts, await bench.TryAsync("dev1", bench.TokenOf(device), host) is DeviceAuthentication.Accepted);
    }

    [Fact]
    public async Task Refused_TokenOfAnotherDevice_SaysThatItIsOfAnother()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        var other = await bench.AddDeviceAsync("dev2");

        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOf(other)));

        Assert.Equal("Neither key of the device signed the token, which is for another resource.", refused.Reason);
    }
}
