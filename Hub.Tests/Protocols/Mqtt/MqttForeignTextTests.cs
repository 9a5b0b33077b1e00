using Hub.Server.Protocols.Mqtt;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>What a device writes about itself cannot be taken for what the hub writes.</summary>
public sealed class MqttForeignTextTests
{
    [Fact]
    public async Task O9_DisconnectReasonWithLineBreaksAndEscapes_IsOneHarmlessLineEverywhere()
    {
        await using var hub = await RunningHub.StartAsync();
        var device = await hub.AddDeviceAsync("d1");
        await using var mqtt = await RawMqtt.TcpAsync(hub.PortOf("mqtt"));
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ConnectAsync(device, new ConnectOptions { Version5 = true })));

        await mqtt.SendAsync(MqttPackets.DisconnectWith(
            0, [0x1F, .. MqttPackets.Text("bye\r\ncrit: Hub.Server.Fake[1]\n      forged \u001b[31m\u0085\u2028red \U0001F600")]));
        await mqtt.UntilClosedAsync();

        const string harmless = "bye??crit: Hub.Server.Fake[1]?      forged ?[31m??red \U0001F600";
        await Eventually.TrueAsync(() => hub.Logged.Any(line => line.Category == typeof(MqttProtocolHead).FullName && line.Text.EndsWith(harmless, StringComparison.Ordinal)));
        Assert.DoesNotContain(hub.Logged, line => line.Text.Contains('\u001b', StringComparison.Ordinal));
        var history = hub.Get<Hub.Server.Messaging.Sessions.IConnectionHistoryStore>();
        await Eventually.TrueAsync(async () => (await history.ListAsync(device.Id, TestContext.Current.CancellationToken)).Any(line =>
            line.Event == ConnectionEvent.Disconnected && line.Reason!.EndsWith(harmless, StringComparison.Ordinal)));
    }
}
