using System.Text;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Whoever shows a genuine credential and is refused all the same hears why; whoever does not hears what all others hear.</summary>
public sealed class MqttGenuineCredentialTests(MqttHub shared) : IClassFixture<MqttHub>
{
    private const string Secret = "";

    [Theory]
    [InlineData("disabled", "The device is disabled.")]
    [InlineData("expired", "The token expired at ")]
    [InlineData("host", "The host name is none of this hub ")]
    [InlineData("right", "The policy service lacks the right DeviceConnect.")]
    [InlineData("disabled, wrong key", Secret)]
    [InlineData("expired, wrong key", Secret)]
    [InlineData("host, wrong key", Secret)]
    [InlineData("unknown", Secret)]
    [InlineData("unknown, good policy", Secret)]
    public async Task Connect_Refused_ReasonIsForTheGenuine(string what, string sentence)
    {
        var device = await shared.NewDeviceAsync();
        var id = device.Id.Value;
        var signer = what.Contains("wrong key", StringComparison.Ordinal) ? await shared.NewDeviceAsync() with { Id = device.Id } : device;
        var token = HubFixture.Token(signer, what.StartsWith("expired", StringComparison.Ordinal) ? TimeSpan.FromSeconds(-5) : null);
        if (what.StartsWith("disabled", StringComparison.Ordinal))
            await shared.Hub.ChangeDeviceAsync(id, new DeviceChange { Status = DeviceStatus.Disabled });
        if (what == "right")
            token = shared.Hub.PolicyToken("service");
        if (what.StartsWith("unknown", StringComparison.Ordinal))
            id = "never-registered";
        if (what == "unknown, good policy")
            token = shared.Hub.PolicyToken("device");
        var options = new ConnectOptions { UserName = what.StartsWith("host", StringComparison.Ordinal) ? $"elsewhere/{id}/?api-version=2021-04-12" : null };

        var old = await RefusedAsync(id, token, options);
        var modern = await RefusedAsync(id, token, options with { Version5 = true });

        Assert.Equal([0x20, 2, 0, 5], old);
        Assert.Equal((0x20, 0x87), (modern[0], modern[3]));
        if (sentence == Secret)
            Assert.DoesNotContain((byte)0x1F, modern);
        else
            Assert.Contains(sentence, Encoding.UTF8.GetString(modern), StringComparison.Ordinal);
    }

    /// <summary>A reason that makes the answer larger than the device takes is left out [MQTT-3.2.2-19].</summary>
    [Fact]
    public async Task Connect_RefusedWithSmallMaximumPacketSize_IsAnsweredWithoutTheReason()
    {
        var device = await shared.NewDeviceAsync();
        await shared.Hub.ChangeDeviceAsync(device.Id.Value, new DeviceChange { Status = DeviceStatus.Disabled });

        var answer = await RefusedAsync(
            device.Id.Value, HubFixture.Token(device), new ConnectOptions { Version5 = true, Properties = [0x27, .. MqttPackets.Number4(20)] });

        Assert.Equal((0x20, 0x87), (answer[0], answer[3]));
        Assert.InRange(answer.Length, 5, 20);
    }

    private async Task<byte[]> RefusedAsync(string id, string token, ConnectOptions options)
    {
        await using var mqtt = await shared.OpenAsync();
        await mqtt.SendAsync(MqttPackets.Connect(id, token, options));
        return Assert.Single(await mqtt.UntilClosedAsync());
    }
}
