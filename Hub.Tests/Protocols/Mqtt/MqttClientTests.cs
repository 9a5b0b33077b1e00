using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Clients that nobody here wrote, unmodified, against the whole hub.</summary>
[Collection("Port 443")]
public sealed class MqttClientTests(MqttHub shared) : IClassFixture<MqttHub>
{
    [Theory]
    [InlineData("tls", 8883, "TLS")]
    [InlineData("ws", 443, "WebSocket")]
    public async Task AzureDeviceClient_OnItsStandardPort_SendsAndIsAnswered(string transport, int port, string door)
    {
        Assert.SkipUnless(NodeClient.IsInstalled, "The npm packages are missing: run npm ci in Hub.Tests/Clients.");
        await using var hub = await StandardPorts.StartAsync(port);
        var device = await hub.AddDeviceAsync("azure-device");

        var seen = await NodeClient.RunAsync("mqtt-azure.js", hub.CaPath, transport, HubFixture.ConnectionString(device));

        Assert.Equal("NotImplementedError", seen.GetProperty("batch").GetString());
        Assert.Equal("This hub has no device twins yet.", seen.GetProperty("twin").GetString());
        var texts = await hub.StoredTextsAsync("azure-device");
        Assert.Equal(["event 0", "event 1", "event 2", "event 3", "event 4", "after twin and methods"], texts[1..]);
        var first = (await hub.StoredAsync("azure-device"))[0].Message;
        Assert.Equal(("m-1", "application/json", "utf-8", "storm & rain/€"), (
            first.SystemProperties[SystemPropertyNames.MessageId], first.SystemProperties[SystemPropertyNames.ContentType],
            first.SystemProperties[SystemPropertyNames.ContentEncoding], first.Properties["level"]));
        var came = await hub.HistoryAsync("azure-device", ConnectionEvent.Connected);
        Assert.Equal($"MQTT 3.1.1 over {door}", came.Protocol);
        await hub.HistoryAsync("azure-device", ConnectionEvent.Disconnected, "disconnected");
    }

    [Theory]
    [InlineData("tls", 8883)]
    [InlineData("ws", 443)]
    public async Task AzureDeviceClient_MessagesForIt_AreReceivedAndCompleted(string transport, int port)
    {
        Assert.SkipUnless(NodeClient.IsInstalled, "The npm packages are missing: run npm ci in Hub.Tests/Clients.");
        await using var hub = await StandardPorts.StartAsync(port);
        var device = await hub.AddDeviceAsync("azure-device");
        var queue = hub.Get<DeviceBoundQueue>();
        for (var i = 0; i < 30; i++)
        {
            var draft = DeviceBound.Draft(device.Id, $"{i}", $"m-{i}") with
            {
                Message = new Message
                {
                    Body = Encoding.UTF8.GetBytes($"{i}"),
                    SystemProperties = SystemProperties.Create([new(SystemPropertyNames.CorrelationId, "c/1"), new(SystemPropertyNames.ContentType, "text/plain")]),
                    Properties = ApplicationProperties.Create([new("level", "storm & rain = 1/2")]),
                },
            };
            Assert.IsType<EnqueueResult.Enqueued>(await queue.EnqueueAsync(draft, TestContext.Current.CancellationToken));
        }

        var received = await NodeClient.RunAsync("mqtt-azure-c2d.js", hub.CaPath, transport, HubFixture.ConnectionString(device), "30");

        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"{i}"), received.EnumerateArray().Select(message => message.GetProperty("body").GetString()));
        var first = received[0];
        Assert.Equal(("m-0", "c/1", "text/plain", "/devices/azure-device/messages/devicebound"), (
            first.GetProperty("messageId").GetString(), first.GetProperty("correlationId").GetString(), first.GetProperty("contentType").GetString(), first.GetProperty("to").GetString()));
        Assert.Contains("""["level","storm & rain = 1/2"]""", first.GetProperty("properties").GetRawText(), StringComparison.Ordinal);
        var store = hub.Get<IDeviceBoundStore>();
        await Eventually.TrueAsync(async () => (await store.ListQueueAsync(device.Id, 100, TestContext.Current.CancellationToken)).IsEmpty);
        var kept = await store.ListAsync(new DeviceBoundQuery { DeviceId = device.Id }, TestContext.Current.CancellationToken);
        Assert.All(kept.Items, message => Assert.Equal((DeviceBoundOutcome.Completed, 1), (message.Entry.Outcome, message.Entry.DeliveryCount)));
    }

    [Fact]
    public async Task AzureDeviceClient_TokenRenewed_ConnectsAgainAndSends()
    {
        Assert.SkipUnless(NodeClient.IsInstalled, "The npm packages are missing: run npm ci in Hub.Tests/Clients.");
        await using var hub = await StandardPorts.StartAsync(8883);
        var device = await hub.AddDeviceAsync("renews");

        await NodeClient.RunAsync(
            "mqtt-azure-renew.js", hub.CaPath, HubFixture.Token(device), HubFixture.Token(device, TimeSpan.FromHours(2), KeySlot.Secondary));

        Assert.Equal(["with the first token", "with the second token"], await hub.StoredTextsAsync("renews"));
    }

    [Theory]
    [InlineData("mqtt", 4)]
    [InlineData("mqtt", 5)]
    [InlineData("mqtts", 5)]
    [InlineData("wss", 4)]
    [InlineData("wss", 5)]
    public async Task MqttJs_BothVersions_SendsIsGrantedAndHearsReasons(string scheme, int version)
    {
        Assert.SkipUnless(NodeClient.IsInstalled, "The npm packages are missing: run npm ci in Hub.Tests/Clients.");
        var device = await shared.NewDeviceAsync();
        var url = scheme == "wss"
            ? $"wss://localhost:{shared.Hub.Port("https")}/$iothub/websocket"
            : $"{scheme}://localhost:{shared.Hub.Port(scheme)}";

        var seen = await NodeClient.RunAsync(
            "mqtt-js.js", shared.Hub.CaPath, url, version.ToString(CultureInfo.InvariantCulture), device.Id.Value, HubFixture.Token(device));

        Assert.Equal(1, seen.GetProperty("granted").GetInt32());
        Assert.NotEqual("granted", seen.GetProperty("foreign").ToString());
        var texts = await shared.Hub.StoredTextsAsync(device.Id.Value);
        string[] middle = version == 5 ? ["with properties"] : [];
        Assert.Equal(["quality 1", "quality 0", .. Enumerable.Range(0, 200).Select(i => $"m{i}"), .. middle, "last"], texts);
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "topic");
        if (version == 5)
            CheckVersion5(seen);
    }

    [Theory]
    [InlineData("mqtt", "mqttv311")]
    [InlineData("mqtt", "mqttv5")]
    [InlineData("mqtts", "mqttv311")]
    public async Task MosquittoPub_PlainAndTls_Sends(string scheme, string version)
    {
        Assert.SkipUnless(Programs.Exists("mosquitto_pub"), "mosquitto_pub is missing: install mosquitto-clients.");
        var device = await shared.NewDeviceAsync();
        var start = new ProcessStartInfo("mosquitto_pub");
        string[] arguments =
        [
            "-h", "localhost", "-p", shared.Hub.Port(scheme).ToString(CultureInfo.InvariantCulture), "-V", version, "-i", device.Id.Value,
            "-u", $"localhost/{device.Id.Value}/?api-version=2021-04-12", "-P", HubFixture.Token(device), "-q", "1",
            "-t", MqttHub.TopicOf(device) + "from=mosquitto", "-m", "hello", .. scheme == "mqtts" ? (string[])["--cafile", shared.Hub.CaPath] : [],
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        var (exitCode, _, errors) = await Programs.RunAsync(start, TimeSpan.FromSeconds(60));

        Assert.True(exitCode == 0, errors);
        var stored = Assert.Single(await shared.Hub.StoredAsync(device.Id.Value)).Message;
        Assert.Equal(("hello", "mosquitto"), (Encoding.UTF8.GetString(stored.Body.Span), stored.Properties["from"]));
    }

    [Fact]
    public async Task MosquittoPub_WrongToken_IsToldNotAuthorised()
    {
        Assert.SkipUnless(Programs.Exists("mosquitto_pub"), "mosquitto_pub is missing: install mosquitto-clients.");
        var device = await shared.NewDeviceAsync();
        var start = new ProcessStartInfo("mosquitto_pub");
        string[] arguments =
        [
            "-h", "localhost", "-p", shared.Hub.Port("mqtt").ToString(CultureInfo.InvariantCulture), "-i", device.Id.Value,
            "-u", $"localhost/{device.Id.Value}/", "-P", "wrong", "-q", "1", "-t", MqttHub.TopicOf(device), "-m", "hello",
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        var (exitCode, _, errors) = await Programs.RunAsync(start, TimeSpan.FromSeconds(60));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("not authori", errors, StringComparison.OrdinalIgnoreCase);
    }

    private static void CheckVersion5(JsonElement seen)
    {
        Assert.Equal(0x90, seen.GetProperty("disconnectCode").GetInt32());
        Assert.NotEmpty(seen.GetProperty("disconnectReason").GetString()!);
        var connAck = seen.GetProperty("connack");
        Assert.Equal(1, connAck.GetProperty("maximumQoS").GetInt32());
        Assert.Equal(1000, connAck.GetProperty("receiveMaximum").GetInt32());
        Assert.False(connAck.GetProperty("retainAvailable").GetBoolean());
        Assert.True(connAck.GetProperty("maximumPacketSize").GetInt32() > 262_144);
    }
}
