using Hub.Server.Registry;
using Hub.Server.Security;
using Hub.Shared.Security;
using Xunit;
using static Hub.Tests.Security.AuthenticationBench;

namespace Hub.Tests.Security;

/// <summary>Row I8 of the catalogue: whoever guesses waits, and nobody else does.</summary>
public sealed class DeviceBackoffTests
{
    [Fact]
    public async Task I8_BruteForceOfOneDevice_IsMadeToWaitEverLonger()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        var looked = 0;
        for (var second = 0; second < 600; second++)
        {
            if (Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", Wrong(bench, "dev1"))).RetryAfter is null)
                looked++;
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        // Five at once, then 1, 2, 4 ... 60 seconds apart: about 20 of 600.
        Assert.InRange(looked, 10, 25);
    }

    [Fact]
    public async Task I8_DeviceUnderAttack_GetsInFromAnotherAddressAndAfterTheWait()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        for (var i = 0; i < 20; i++)
            await bench.TryAsync("dev1", Wrong(bench, "dev1"));

        var refused = Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("dev1", bench.TokenOf(device)));
        var wait = refused.RetryAfter;
        Assert.NotNull(wait);
        // It stands in the history of the device too.
        Assert.True(refused.DeviceExists);
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOf(device), address: "198.51.100.1"));
        bench.Time.Advance(wait.Value);
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOf(device)));
    }

    [Fact]
    public async Task I8_BadNeighbours_DoNotShutAnAddress()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("good");
        for (var i = 0; i < 500; i++)
            await bench.TryAsync($"bad{i}", Wrong(bench, $"bad{i}"));

        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("good", bench.TokenOf(device)));
    }

    [Fact]
    public async Task I8_AddressThatFailsForMany_WaitsFromTheFirstFailureOn()
    {
        var bench = await CreateAsync();
        for (var i = 0; i < 500; i++)
            await bench.TryAsync($"bad{i}", Wrong(bench, $"bad{i}"));

        await bench.TryAsync("next", Wrong(bench, "next"));

        Assert.NotNull(Assert.IsType<DeviceAuthentication.Refused>(await bench.TryAsync("next", Wrong(bench, "next"))).RetryAfter);
    }

    [Fact]
    public async Task I8_SecondCopyWithWrongKey_HoldsTheGoodOneUpTwoSecondsAtMost()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        await bench.TryAsync("dev1", bench.TokenOf(device));
        for (var i = 0; i < 100; i++)
        {
            await bench.TryAsync("dev1", Wrong(bench, "dev1"));
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        bench.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOf(device)));
    }

    [Fact]
    public async Task I8_GenuineButExpiredToken_IsNoGuess()
    {
        var bench = await CreateAsync();
        var device = await bench.AddDeviceAsync("dev1");
        for (var i = 0; i < 50; i++)
            await bench.TryAsync("dev1", bench.TokenOf(device, expiresAt: bench.Time.GetUtcNow().AddMinutes(-1)));

        Assert.IsType<DeviceAuthentication.Accepted>(await bench.TryAsync("dev1", bench.TokenOf(device)));
    }

    [Fact]
    public async Task I8_AddressesOfOneIPv6Network_CountTogether()
    {
        var bench = await CreateAsync();
        await bench.AddDeviceAsync("dev1");
        for (var i = 0; i < 20; i++)
            await bench.TryAsync("dev1", Wrong(bench, "dev1"), address: $"2001:db8:1:2::{i + 1:x}");

        Assert.NotNull(Assert.IsType<DeviceAuthentication.Refused>(
            await bench.TryAsync("dev1", Wrong(bench, "dev1"), address: "2001:db8:1:2:ffff::1")).RetryAfter);
        Assert.Null(Assert.IsType<DeviceAuthentication.Refused>(
            await bench.TryAsync("dev1", Wrong(bench, "dev1"), address: "2001:db8:1:3::1")).RetryAfter);
    }

    [Fact]
    public void RecentTable_MoreKeysThanPlaces_ForgetsTheLeastRecentlyUsed()
    {
        var table = new RecentTable<int>(3);
        for (var i = 0; i < 3; i++)
            table.Set($"k{i}", i);
        Assert.True(table.TryGet("k0", out _));
        table.Set("k3", 3);

        Assert.All((string[])["k0", "k2", "k3"], key => Assert.True(table.TryGet(key, out _)));
        Assert.False(table.TryGet("k1", out _));
    }

    private static string Wrong(AuthenticationBench bench, string id) =>
        SharedAccessSignature.Create($"{Host}/devices/{id}", SymmetricKey.Generate().ToBase64(), bench.InAnHour);
}
