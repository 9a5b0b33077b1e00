using System.Net;
using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>A post with a genuine credential that is refused all the same: the peer hears why (wire contract, sections 4 and 5.4).</summary>
public sealed class TelemetryGenuineTests : TelemetryCalls
{
    [Fact]
    public async Task Post_DisabledDevice_IsToldSoOnlyWithItsKey()
    {
        var device = await Server.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        var other = await Server.AddDeviceAsync("other");

        using var genuine = await PostAsync("/devices/off/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes("x", "text/plain"));
        using var wrong = await PostAsync("/devices/off/messages/events?api-version=1", ContractServer.TokenOf(other), Bytes("x", "text/plain"));

        Assert.Equal((HttpStatusCode.Forbidden, "DeviceDisabled"), (genuine.StatusCode, Code(genuine)));
        Assert.Equal("ErrorCode:DeviceDisabled;The device is disabled.", Text(await JsonAsync(genuine), "Message"));
        Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorizedAccess"), (wrong.StatusCode, Code(wrong)));
        Assert.Equal("ErrorCode:IotHubUnauthorizedAccess;Not authorised.", Text(await JsonAsync(wrong), "Message"));
    }

    [Fact]
    public async Task Post_ExpiredToken_IsToldSoOnlyIfGenuine()
    {
        var device = await Server.AddDeviceAsync("d1");
        var key = ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary;
        var end = TimeProvider.System.GetUtcNow().AddMinutes(-5);
        foreach (var (signer, sentence) in new[] { (key, "The token expired at "), (SymmetricKey.Generate(), "Not authorised.") })
        {
            var token = SharedAccessSignature.Create("localhost/devices/d1", signer.ToBase64(), end);

            using var answer = await PostAsync("/devices/d1/messages/events?api-version=1", token, Bytes("x", "text/plain"));

            Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorizedAccess"), (answer.StatusCode, Code(answer)));
            Assert.StartsWith($"ErrorCode:IotHubUnauthorizedAccess;{sentence}", Text(await JsonAsync(answer), "Message"), StringComparison.Ordinal);
        }
    }

    /// <summary>The holder of a policy's key that lacks the right hears the same of every device, there or not.</summary>
    [Fact]
    public async Task Post_PolicyWithoutTheRight_IsToldSoWhateverTheDevice()
    {
        await Server.AddDeviceAsync("d1");
        await Server.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        foreach (var id in (string[])["d1", "off", "none"])
        {
            using var answer = await PostAsync($"/devices/{id}/messages/events?api-version=1", Server.TokenOfPolicy("service"), Bytes("x", "text/plain"));

            Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorized"), (answer.StatusCode, Code(answer)));
            Assert.Equal("ErrorCode:IotHubUnauthorized;The policy service lacks the right DeviceConnect.", Text(await JsonAsync(answer), "Message"));
        }
    }
}
