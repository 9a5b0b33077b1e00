using System.Net;
using System.Security.Cryptography;
using System.Text;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Security;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>How a token is written: rows I1, I3 and I12 of the identity catalogue.</summary>
public sealed class DeviceTokenFormTests
{
    [Theory]
    [InlineData("-1")]
    [InlineData("9223372036854775808")]
    [InlineData("9223372036854775807")]
    [InlineData("1893459600.5")]
    [InlineData("1e10")]
    [InlineData(" 1893459600")]
    [InlineData("")]
    public async Task I1_ExpiryThatIsNoUnixTime_Refused(string expiry)
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", Sign($"{Host}%2Fdevices%2Fdev1", PrimaryKeyOf(device), expiry)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public async Task I3_SignatureOfWrongLength_Refused(int length)
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        var signature = Uri.EscapeDataString(Convert.ToBase64String(RandomNumberGenerator.GetBytes(length)));

        var answer = await bench.TryAsync("dev1", $"SharedAccessSignature sr={Host}%2Fdevices%2Fdev1&sig={signature}&se={bench.Expiry}");

        Assert.IsType<DeviceAuthentication.Refused>(answer);
    }

    [Fact]
    public async Task I3_SignatureEncodings_RawAndEscapedPlusHold()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        var raw = "";
        // Look for an expiry whose signature has a '+', which is where encoders differ.
        for (var seconds = 60; !raw.Contains('+', StringComparison.Ordinal); seconds++)
            raw = WebUtility.UrlDecode(bench.TokenOf(device, expiresAt: bench.Time.GetUtcNow().AddSeconds(seconds)).Replace("%2F", "%252F", StringComparison.Ordinal));

        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", raw.Replace("hub.example.com/", "hub.example.com%2F", StringComparison.Ordinal)));
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", raw.Replace("+", "%2B", StringComparison.Ordinal)));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", raw.Replace("+", "%20", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task I3_AnyFlippedBitOfTheSignature_Refused()
    {
        var bench = await CreateAsync();
        var key = SymmetricKey.Generate();
        var signature = HMACSHA256.HashData(key.Bytes, Encoding.UTF8.GetBytes($"{Host}%2Fdevices%2Fdev1\n{bench.Expiry}"));
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            var changed = signature.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var token = SharedAccessSignature.TryParse(
                $"SharedAccessSignature sr={Host}%2Fdevices%2Fdev1&sig={Uri.EscapeDataString(Convert.ToBase64String(changed))}&se={bench.Expiry}");
            Assert.False(token!.IsSignedWith(key.Bytes), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("password")]
    [InlineData("SharedAccessSignature")]
    [InlineData("SharedAccessSignature sr=")]
    [InlineData("SharedAccessSignature sr=hub.example.com&se=99999999999")]
    [InlineData("SharedAccessSignature sr=a&sr=b&sig=AAAA&se=1")]
    public async Task I12_PasswordThatIsNoToken_RefusedCleanly(string? password)
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", password));
    }

    [Fact]
    public async Task I12_PasswordOf64KiB_RefusedCleanly()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", "SharedAccessSignature sr=" + new string('&', 65_511)));
    }

    [Fact]
    public async Task Refused_Reason_HoldsNothingOfTheToken()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        var token = SharedAccessSignature.Create("canary.example.com/devices/dev1", SymmetricKey.Generate().ToBase64(), bench.InAnHour, "canary");

        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", token));

        Assert.DoesNotContain("canary", refused.Reason, StringComparison.Ordinal);
        Assert.True(refused.DeviceExists);
    }
}
