using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What a stranger costs: row P1 of the catalogue and promise P-7. It measures the process, so it runs while no other test does.</summary>
[Collection(nameof(Alone))]
public sealed class MqttPreAuthenticationTests(MqttHub shared) : IClassFixture<MqttHub>
{
    [Fact]
    [Trait("Promise", "P-7")]
    public async Task P01_ConnectDeclares256MiB_ClosedAtOnceUnder64KiB()
    {
        const int Peers = 1000;
        await OneAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);

        for (var i = 0; i < Peers; i++)
            await OneAsync();

        // Client and hub share this process: the sum of both sides stays under the bound.
        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / Peers;
        Assert.InRange(each, 0, 64 * 1024);
        await shared.CheckCanaryAsync();

        async Task OneAsync()
        {
            await using var mqtt = await shared.OpenAsync();
            await mqtt.SendAsync([0x10, 0xFF, 0xFF, 0xFF, 0x7F]);
            Assert.Empty(await mqtt.UntilClosedAsync());
        }
    }
}
