using System.Diagnostics;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>Who may speak for a device with a token, and for how long: rows I1 and I4 to I7 of the identity catalogue.</summary>
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

    private static long Median(List<long> samples)
    {
        samples.Sort();
        return samples[samples.Count / 2];
    }
}
