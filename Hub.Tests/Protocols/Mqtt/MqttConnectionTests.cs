using System.Net.WebSockets;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Takeover, a reader that does not read, WebSocket and wills: rows P11, P12 and P15 to P17 of the catalogue.</summary>
public sealed class MqttConnectionTests(MqttHub shared) : IClassFixture<MqttHub>
{
    [Fact]
    public async Task P11_SameDeviceTwice_TheLaterOneSurvives()
    {
        var device = await shared.NewDeviceAsync();
        await using var first = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { Version5 = true });
        await using var second = await RawMqtt.ConnectedAsync(shared.Hub, device);

        var goodbye = Assert.Single(await first.UntilClosedAsync());
        Assert.Equal((0xE0, 0x8E), (goodbye[0], goodbye[2]));
        await second.SendAsync(MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await second.ReceiveAsync());
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "connected again");
    }

    [Fact]
    public async Task P11_TwoHundredRacing_ExactlyOneSurvivesAndNothingAcknowledgedIsLost()
    {
        var device = await shared.NewDeviceAsync();
        var racers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var mqtt = await shared.OpenAsync();
            var acknowledged = false;
            try
            {
                await mqtt.SendAsync(
                    MqttPackets.Connect(device.Id.Value, HubFixture.Token(device)), MqttPackets.Publish(MqttHub.TopicOf(device), $"m{i}", 1), MqttPackets.Ping);
                while (await mqtt.TryReceiveAsync() is { } packet && packet[0] != 0xD0)
                    acknowledged |= packet[0] == 0x40;
            }
            catch (IOException)
            {
                // Refused while it was still sending.
            }

            return (Mqtt: mqtt, Acknowledged: acknowledged ? $"m{i}" : null);
        }));

        await Eventually.TrueAsync(() => shared.Hub.Get<SessionTable>().Links.Count(link => link.DeviceId == device.Id) == 1);
        var stored = await shared.Hub.StoredTextsAsync(device.Id.Value);
        Assert.All(racers.Where(racer => racer.Acknowledged is not null), racer => Assert.Contains(racer.Acknowledged, stored));

        // Of all the connections exactly one still answers: the others are closed, whether they were refused or taken over.
        var alive = await Task.WhenAll(racers.Select(async racer =>
        {
            try
            {
                await racer.Mqtt.SendAsync(MqttPackets.Ping);
                // An acknowledgement may still lie there, of one that was closed since; the answer to this ping may not.
                byte[]? packet;
                do
                    packet = await racer.Mqtt.TryReceiveAsync();
                while (packet is not (null or [0xD0, ..]));
                return packet is not null;
            }
            catch (IOException)
            {
                return false;
            }
        }));
        Assert.Equal(1, alive.Count(isAlive => isAlive));
        foreach (var racer in racers)
            await racer.Mqtt.DisposeAsync();
    }

    [Fact]
    public async Task P12_TwoClientsTakeOverFromEachOther_NewcomersAreToldToWait()
    {
        var device = await shared.NewDeviceAsync();
        List<RawMqtt> connections = [];
        var refused = 0;
        for (var i = 0; i < 16; i++)
        {
            var mqtt = await shared.OpenAsync();
            connections.Add(mqtt);
            var code = MqttPackets.CodeOf(await mqtt.ConnectAsync(device));
            Assert.True(code is 0 or 3, $"code {code}");
            refused += code == 3 ? 1 : 0;
        }

        Assert.InRange(refused, 1, 5);
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Refused, "its own device id");
        Assert.True(shared.Hub.Get<SessionTable>().TryGet(device.Id, out _));
        foreach (var mqtt in connections)
            await mqtt.DisposeAsync();
    }

    [Fact]
    public async Task P15_ReaderNeverReads_ClosedAfterTheWriteTimeout()
    {
        await using var hub = await HubFixture.StartAsync("--Hub:Protocols:Mqtt:WriteTimeout=00:00:01");
        var device = await hub.AddDeviceAsync("deaf");
        await using var mqtt = await RawMqtt.TcpAsync(hub.Port("mqtt"), receiveBuffer: 4096);
        await mqtt.ConnectAsync(device);
        await mqtt.SendAsync(MqttPackets.Subscribe(1, false, ("$iothub/twin/res/#", 0)));
        await mqtt.ReceiveAsync();
        var question = MqttPackets.Publish($"$iothub/twin/GET/?$rid={new string('r', 1000)}", "");
        byte[] many = [.. Enumerable.Repeat(question, 60).SelectMany(bytes => bytes)];

        // It asks and asks, and reads no answer, until it is closed. The sockets' buffers on the way take megabytes before anything stalls.
        var started = TimeProvider.System.GetTimestamp();
        var fault = await Record.ExceptionAsync(async () =>
        {
            while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
                await mqtt.SendAsync(many);
        });

        Assert.True(fault is IOException or OperationCanceledException, $"Not closed: {fault}");
        await hub.HistoryAsync("deaf", ConnectionEvent.Disconnected, "did not read");
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task P16_WebSocketFramesOfOneByte_AreOneStream(string scheme)
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.WebSocketAsync(shared.Hub, scheme);
        byte[] packets =
        [
            .. MqttPackets.Connect(device.Id.Value, HubFixture.Token(device)), .. MqttPackets.Publish(MqttHub.TopicOf(device), "byte by byte", 258),
        ];
        foreach (var one in packets)
            await mqtt.SendAsync([one]);

        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));
        Assert.Equal([0x40, 2, 1, 2], await mqtt.ReceiveAsync());
        Assert.True(shared.Hub.Get<SessionTable>().TryGet(device.Id, out var link));
        Assert.Equal("MQTT 3.1.1 over WebSocket", link.Protocol);
    }

    [Fact]
    public async Task P16_TwoPacketsInOneFrame_AreBothTaken()
    {
        var device = await shared.NewDeviceAsync();
        await using var mqtt = await RawMqtt.WebSocketAsync(shared.Hub);
        var publish = MqttPackets.Publish(MqttHub.TopicOf(device), "x", 1);
        await mqtt.SendAsync(MqttPackets.Connect(device.Id.Value, HubFixture.Token(device)), publish, publish, publish[..5]);
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));
        Assert.Equal(1, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        Assert.Equal(1, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
        await mqtt.SendAsync(publish[5..]);
        Assert.Equal(1, MqttPackets.IdOf(await mqtt.ReceiveAsync()));
    }

    [Fact]
    public async Task P16_TextFrame_IsClosed()
    {
        using var socket = await RawMqtt.OpenWebSocketAsync(shared.Hub, "wss", "mqtt");
        await socket.SendAsync(MqttHub.Bytes("hello"), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var result = await socket.ReceiveAsync(new byte[100], TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketMessageType.Close, result.MessageType);
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, socket.CloseStatus);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("amqp")]
    public async Task P16_MissingSubprotocol_IsRefused(string? subprotocol) =>
        await Assert.ThrowsAsync<WebSocketException>(() => RawMqtt.OpenWebSocketAsync(shared.Hub, "wss", subprotocol));

    [Fact]
    public async Task P16_FrameHeaderOf1GiB_CostsNothingAndIsClosed()
    {
        await using var raw = await RawMqtt.TcpAsync(shared.Hub.Port("http"));
        await raw.SendAsync(MqttHub.Bytes(
            "GET /$iothub/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"));
        await raw.ReadTextUntilAsync("\r\n\r\n");
        var before = GC.GetTotalMemory(false);

        // A masked binary frame of 1 GiB, of which the first bytes declare a CONNECT of 256 MiB.
        await raw.SendAsync([0x82, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x10, 0xFF, 0xFF, 0xFF, 0x7F]);

        // What a frame brings is handed on by the buffer or when it is whole, which this never is: it ends at the deadline for its CONNECT.
        var closed = raw.UntilClosedAsync();
        await Eventually.TrueAsync(() =>
        {
            shared.Hub.Time.Pass(TimeSpan.FromSeconds(5));
            return closed.IsCompleted;
        });
        Assert.Empty(await closed);
        // Far below what was declared, and above what the tests beside this one allocate meanwhile.
        Assert.InRange(GC.GetTotalMemory(false) - before, long.MinValue, 200 * 1024 * 1024);
        await shared.CheckCanaryAsync();
    }

    [Fact]
    public async Task P17_Disconnect_LeavesNoWill()
    {
        var device = await shared.NewDeviceAsync();
        await using (var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { WillTopic = MqttHub.TopicOf(device) }))
        {
            await mqtt.SendAsync(MqttPackets.Disconnect);
            await mqtt.UntilClosedAsync();
        }

        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "disconnected");
        Assert.Empty(await shared.Hub.StoredAsync(device.Id.Value));
    }

    [Fact]
    public async Task P17_Reset_LeavesTheWillWithItsProperties()
    {
        var device = await shared.NewDeviceAsync();
        var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device, new ConnectOptions { WillTopic = MqttHub.TopicOf(device) + "why=power" });
        mqtt.Reset();

        await Eventually.TrueAsync(async () => (await shared.Hub.StoredAsync(device.Id.Value)).Count == 1);
        var will = (await shared.Hub.StoredAsync(device.Id.Value))[0].Message;
        Assert.Equal(("gone", "power", "Will"), (System.Text.Encoding.UTF8.GetString(will.Body.Span), will.Properties["why"], will.Properties["iothub-MessageType"]));
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "lost");
    }

    [Theory]
    [InlineData("devices/another/messages/events/", 0)]
    [InlineData("any/topic", 0)]
    [InlineData("OWN+", 0)]
    [InlineData("OWN", 2)]
    public async Task P17_WillElsewhereOrQoS2_IsRefused(string topic, int qualityOfService)
    {
        var device = await shared.NewDeviceAsync();
        var will = new ConnectOptions
        {
            WillTopic = topic.Replace("OWN", MqttHub.TopicOf(device), StringComparison.Ordinal),
            WillQualityOfService = qualityOfService,
        };
        await using var mqtt = await shared.OpenAsync();
        Assert.NotEqual(0, MqttPackets.CodeOf(await mqtt.ConnectAsync(device, will)));
        await shared.Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Refused, "will");
    }
}
