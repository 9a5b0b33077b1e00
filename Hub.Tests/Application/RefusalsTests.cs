using System.Net;
using System.Net.Http.Json;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Operations;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>Whom the whole hub refuses, by every door, stands in one list: also who has no history since there is no such device.</summary>
public sealed class RefusalsTests : IAsyncLifetime
{
    private HubFixture _hub = null!;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _hub = await HubFixture.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Refused_OverMqttAndHttp_StandInTheListWithTheReason()
    {
        var known = await _hub.AddDeviceAsync("known");
        var stranger = known with { Id = DeviceId.Parse("stranger") };
        await _hub.AddDeviceAsync("other");

        await RefuseOverMqttAsync(stranger);
        await RefuseOverMqttAsync(stranger);
        using (var client = _hub.Client(policy: null))
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", HubFixture.Token(known));
            using var answer = await client.PostAsync("/devices/other/messages/events?api-version=2021-04-12", new ByteArrayContent([1]), None);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        var lines = await ListAsync();

        Assert.Equal(
            ["other True 1 HTTP Neither key of the device signed the token, which is for another resource.", "stranger False 2 MQTT 3.1.1 over TCP There is no such device."],
            lines.Select(line => $"{line.DeviceId} {line.IsRegistered} {line.Count} {line.Protocol} {line.Reason}"));
        Assert.All(lines, line => Assert.StartsWith("127.0.0.1", line.RemoteAddress, StringComparison.Ordinal));
        Assert.Equal(3, _hub.Get<DeviceRefusals>().Total);
    }

    [Fact]
    public async Task BrokenRule_OfAConnectedDevice_StandsInTheListOnce()
    {
        var device = await _hub.AddDeviceAsync("d1");
        await using var mqtt = await RawMqtt.ConnectedAsync(_hub, device);

        await mqtt.SendAsync(MqttPackets.Publish("devices/other/messages/events/", "x", packetId: 1));
        await mqtt.UntilClosedAsync();
        await _hub.HistoryAsync("d1", ConnectionEvent.Disconnected);

        var line = Assert.Single(await ListAsync());
        Assert.Equal(("d1", true, 1), (line.DeviceId?.Value, line.IsRegistered, line.Count));
        Assert.Contains("not one of this device's", line.Reason, StringComparison.Ordinal);
    }

    private async Task RefuseOverMqttAsync(Hub.Server.Registry.Device device)
    {
        await using var mqtt = await RawMqtt.TcpAsync(_hub.Port("mqtt"));
        Assert.NotEqual(0, MqttPackets.CodeOf(await mqtt.ConnectAsync(device)));
    }

    private async Task<IReadOnlyList<Refusal>> ListAsync()
    {
        using var client = _hub.Client("registryRead");
        return (await client.GetFromJsonAsync<Page<Refusal>>(ApiRoutes.Refusals, None))!.Items;
    }
}
