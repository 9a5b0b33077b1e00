using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>The identity rows I1 to I7 and I12 of the catalogue, as far as they concern tokens.</summary>
public sealed class DeviceTokenTests
{
    [Fact]
    public async Task AuthenticateAsync_DeviceKey_AcceptsWithStampAndProof()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");

        var accepted = Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOf(device)));

        Assert.Equal("""{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}""", accepted.AuthMethod);
        Assert.Equal(new DeviceProof(DeviceProof.FingerprintOf(PrimaryKeyOf(device)), bench.InAnHour, false), accepted.Proof);
        Assert.True(accepted.Proof.HoldsFor(device));
    }

    [Fact]
    public async Task AuthenticateAsync_SecondaryKey_Accepts()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        var token = SharedAccessSignature.Create($"{Host}/devices/dev1", SecondaryKeyOf(device).ToBase64(), bench.InAnHour);

        var accepted = Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", token));

        Assert.Equal(DeviceProof.FingerprintOf(SecondaryKeyOf(device)), accepted.Proof.Fingerprint);
    }

    [Theory]
    [InlineData("device", "hub.example.com", true)]
    [InlineData("device", "hub.example.com/devices", true)]
    [InlineData("device", "hub.example.com/devices/dev1", true)]
    [InlineData("iothubowner", "hub.example.com", true)]
    [InlineData("DEVICE", "hub.example.com", true)]
    [InlineData("device", "hub.example.com/devices/dev2", false)]
    [InlineData("device", "hub.example.com/messages", false)]
    [InlineData("service", "hub.example.com", false)]
    [InlineData("registryReadWrite", "hub.example.com", false)]
    public async Task AuthenticateAsync_PolicyKey_NeedsDeviceConnectAndScope(string policy, string resource, bool accepts)
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");

        var answer = await bench.TryAsync("dev1", bench.TokenOfPolicy(policy, resource));

        Assert.Equal(accepts, answer is DeviceAuthentication.Accepted);
        if (answer is DeviceAuthentication.Accepted accepted)
        {
            Assert.True(accepted.Proof.OfPolicy);
            using var stamp = JsonDocument.Parse(accepted.AuthMethod);
            Assert.Equal("hub", stamp.RootElement.GetProperty("scope").GetString());
        }
    }

    [Fact]
    public async Task AuthenticateAsync_DeviceWithoutCredentials_OnlyPolicySpeaksForIt()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1", new DeviceChange { AuthenticationType = AuthenticationType.None });
        var token = SharedAccessSignature.Create($"{Host}/devices/dev1", SymmetricKey.Generate().ToBase64(), bench.InAnHour);

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", token));
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOfPolicy("device")));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task I1_TokenAtTheEndOfItsTime_NoGrace(int secondsLeft, bool accepts)
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");

        var answer = await bench.TryAsync("dev1", bench.TokenOf(device, expiresAt: bench.Time.GetUtcNow().AddSeconds(secondsLeft)));

        Assert.Equal(accepts, answer is DeviceAuthentication.Accepted);
    }

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

        var answer = await bench.TryAsync("dev1", Sign(encodedResource, PrimaryKeyOf(device), Expiry(bench)));

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

        var answer = await bench.TryAsync("dev1", $"SharedAccessSignature sr={Host}%2Fdevices%2Fdev1&sig={signature}&se={Expiry(bench)}");

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
        var signature = HMACSHA256.HashData(key.Bytes, Encoding.UTF8.GetBytes($"{Host}%2Fdevices%2Fdev1\n{Expiry(bench)}"));
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            var changed = signature.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var token = SharedAccessSignature.TryParse(
                $"SharedAccessSignature sr={Host}%2Fdevices%2Fdev1&sig={Uri.EscapeDataString(Convert.ToBase64String(changed))}&se={Expiry(bench)}");
            Assert.False(token!.IsSignedWith(key.Bytes), $"bit {bit}");
        }
    }

    [Fact]
    public async Task I4_TokenAfterRotationDisableDelete_RefusedAtNextUse()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        var token = bench.TokenOf(device);
        var proof = Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", token)).Proof;

        await bench.ChangeDeviceAsync("dev1", new DeviceChange { Status = DeviceStatus.Disabled });
        Assert.Equal("The device is disabled.", Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", token)).Reason);
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOfPolicy("device")));

        await bench.ChangeDeviceAsync("dev1", new DeviceChange { Status = DeviceStatus.Enabled });
        var rotated = Assert.IsType<RegistryResult.Done>(
            await bench.Registry.RotateKeyAsync(device.Id, KeySlot.Primary, TestContext.Current.CancellationToken)).Device;
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", token));
        Assert.False(proof.HoldsFor(rotated));
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOf(rotated)));

        await bench.Registry.DeleteAsync(device.Id, null, TestContext.Current.CancellationToken);
        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOf(rotated)));
        Assert.False(refused.DeviceExists);
    }

    [Fact]
    public async Task I5_Proof_CarriesTheEndOfTheToken()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        var end = bench.Time.GetUtcNow().AddMinutes(5);
        var token = bench.TokenOf(device, expiresAt: end);

        Assert.Equal(end, Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", token)).Proof.ExpiresAt);
        bench.Time.SetUtcNow(end);
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", token));
    }

    [Fact]
    public async Task I6_SwappedPolicyName_Refused()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");

        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOfPolicy("service", skn: "device")));
        Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOfPolicy("device", skn: "nobody")));
    }

    [Fact]
    public async Task I7_UnknownDeviceAndWrongKey_SameAnswerAndTime()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        var key = SymmetricKey.Generate().ToBase64();
        var known = new List<long>();
        var unknown = new List<long>();
        for (var i = 0; i < 4000; i++)
        {
            var id = i % 2 == 0 ? "dev1" : "dev2";
            var token = SharedAccessSignature.Create($"{Host}/devices/{id}", key, bench.InAnHour);
            var start = Stopwatch.GetTimestamp();
            var answer = await bench.TryAsync(id, token);
            (i % 2 == 0 ? known : unknown).Add(Stopwatch.GetTimestamp() - start);
            Assert.IsType<DeviceAuthentication.Refused>(answer);
            // Past every wait, so that each attempt is looked at.
            bench.Time.Advance(TimeSpan.FromMinutes(11));
        }

        // Medians of interleaved samples: a lookup that skipped the two signatures would halve one of them.
        Assert.InRange((double)Median(known) / Median(unknown), 0.7, 1.4);
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
    public async Task Refused_TokenOfAnotherDevice_SaysThatItIsOfAnother()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        var other = await bench.AddDeviceAsync("dev2");

        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOf(other)));

        Assert.Equal("Neither key of the device signed the token, which is for another resource.", refused.Reason);
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

    private static string Expiry(AuthenticationBench bench) => bench.InAnHour.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static string Sign(string encodedResource, SymmetricKey key, string expiry)
    {
        var signature = HMACSHA256.HashData(key.Bytes, Encoding.UTF8.GetBytes($"{encodedResource}\n{expiry}"));
        return $"SharedAccessSignature se={expiry}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&sr={encodedResource}";
    }

    private static long Median(List<long> samples)
    {
        samples.Sort();
        return samples[samples.Count / 2];
    }
}
