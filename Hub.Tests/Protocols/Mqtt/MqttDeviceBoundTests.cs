using System.Buffers.Binary;
using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Cloud-to-device messages over MQTT: topic and bag as the clients need them, PUBACK settles.</summary>
[Collection(nameof(MqttHub))]
public sealed class MqttDeviceBoundTests(MqttHub mqttHub)
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    private HubFixture Hub => mqttHub.Hub;

    [Fact]
    public async Task Deliver_Subscribed_ComesWithBagAndIsCompletedByPubAck()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device);
        var draft = DeviceBound.Draft(device.Id, "hello", "m:1") with
        {
            Message = new Message
            {
                Body = Encoding.UTF8.GetBytes("hello"),
                SystemProperties = SystemProperties.Create([new(SystemPropertyNames.CorrelationId, "c 1"), new(SystemPropertyNames.ContentType, "text/plain")]),
                Properties = ApplicationProperties.Create([new("a+b", "x&y/ =")]),
            },
        };

        var sent = await SendAsync(draft);
        var publish = Published.Read(await mqtt.ReceiveAsync());

        Assert.Equal(
            $"devices/{device.Id}/messages/devicebound/%24.to=%2Fdevices%2F{device.Id}%2Fmessages%2Fdevicebound&%24.mid=m%3A1&%24.cid=c%201&%24.ct=text%2Fplain&iothub-ack=full&a%2Bb=x%26y%2F%20%3D",
            publish.Topic);
        Assert.Equal(("hello", 1, false), (publish.Body, publish.QualityOfService, publish.Duplicate));
        await WaitForAsync(sent, entry => entry.State == DeviceBoundState.Invisible);

        await mqtt.SendAsync(MqttPackets.PubAck(publish.PacketId));

        var ended = await WaitForAsync(sent, entry => entry.State == DeviceBoundState.Completed);
        Assert.Equal((DeviceBoundOutcome.Completed, 1), (ended.Outcome, ended.DeliveryCount));
        var history = await HistoryAsync(sent);
        Assert.Equal([DeviceBoundEvent.Enqueued, DeviceBoundEvent.Leased, DeviceBoundEvent.Sent, DeviceBoundEvent.Completed], history.Select(line => line.Event));
        Assert.Equal(["policy service", "hub", "hub", "device"], history.Select(line => line.By));
        Assert.Matches($"^MQTT 3.1.1 over TCP, connection \\S+, packet {publish.PacketId}$", history[3].Detail);
    }

    [Fact]
    public async Task Deliver_SenderSaysHowLong_TheBagHasTheExpiryInTheFormThatClientsRead()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device);

        var id = await SendAsync(DeviceBound.Draft(device.Id, messageId: "m", ack: FeedbackAck.None) with { TimeToLive = TimeSpan.FromMinutes(5) });

        var expected = Uri.EscapeDataString((await EntryAsync(id)).ExpiresAt.UtcDateTime.ToString("o", System.Globalization.CultureInfo.InvariantCulture));
        Assert.EndsWith($"&%24.mid=m&%24.exp={expected}", Published.Read(await mqtt.ReceiveAsync()).Topic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deliver_SentBeforeItSubscribed_ComesInOrderAfterTheSubAck()
    {
        var device = await mqttHub.NewDeviceAsync();
        for (var i = 0; i < 20; i++)
            await SendAsync(DeviceBound.Draft(device.Id, $"{i}"));
        await using var mqtt = await SubscribedAsync(device);

        // No more than the window before the first is acknowledged.
        var first = new List<Published>();
        for (var i = 0; i < 16; i++)
            first.Add(Published.Read(await mqtt.ReceiveAsync()));
        await mqtt.SendAsync(MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());
        foreach (var publish in first)
            await mqtt.SendAsync(MqttPackets.PubAck(publish.PacketId));
        for (var i = 16; i < 20; i++)
            first.Add(Published.Read(await mqtt.ReceiveAsync()));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), first.Select(publish => publish.Body));
        Assert.Equal(16, first.Take(16).Select(publish => publish.PacketId).Distinct().Count());
    }

    [Fact]
    public async Task Deliver_ConnectionLostWithThreeInFlight_ComeAgainAndOnlyTheOldestCounts()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device);
        var ids = new List<long>();
        for (var i = 0; i < 3; i++)
            ids.Add(await SendAsync(DeviceBound.Draft(device.Id, $"{i}")));
        for (var i = 0; i < 3; i++)
            await mqtt.ReceiveAsync();

        mqtt.Reset();

        foreach (var id in ids)
            await WaitForAsync(id, entry => entry.State == DeviceBoundState.Enqueued);
        var counts = await Task.WhenAll(ids.Select(async id => (await EntryAsync(id)).DeliveryCount));
        Assert.Equal([1, 0, 0], counts);
        await using var again = await SubscribedAsync(device);
        for (var i = 0; i < 3; i++)
            Assert.Equal($"{i}", Published.Read(await again.ReceiveAsync()).Body);
    }

    [Fact]
    public async Task Deliver_QualityOfServiceZero_IsCompletedOnWritingAndTheHistorySaysSo()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device, quality: 0);

        var id = await SendAsync(DeviceBound.Draft(device.Id));

        Assert.Equal(0, Published.Read(await mqtt.ReceiveAsync()).QualityOfService);
        await WaitForAsync(id, entry => entry.State == DeviceBoundState.Completed);
        Assert.EndsWith("sent with quality of service 0, which nothing acknowledges", (await HistoryAsync(id))[^1].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x99, "bad json", DeviceBoundState.DeadLettered, "bad json")]
    [InlineData(0x87, null, DeviceBoundState.DeadLettered, "MQTT reason code 0x87")]
    public async Task PubAck_Version5Refuses_DeadLettersWithItsReason(int code, string? reason, DeviceBoundState state, string description)
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device, MqttHub.Version5);
        var id = await SendAsync(DeviceBound.Draft(device.Id));
        var publish = Published.Read(await mqtt.ReceiveAsync(), version5: true);

        await mqtt.SendAsync(MqttPackets.PubAckWith(publish.PacketId, (byte)code, reason));

        var entry = await WaitForAsync(id, entry => entry.State == state);
        Assert.Equal((DeviceBoundOutcome.Rejected, description), (entry.Outcome, entry.Description));
    }

    [Fact]
    public async Task PubAck_Version5Abandons_ComesAgainUntilItMayNotAnyMore()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device, MqttHub.Version5);
        var id = await SendAsync(DeviceBound.Draft(device.Id));

        for (var i = 0; i < 10; i++)
        {
            var publish = Published.Read(await mqtt.ReceiveAsync(), version5: true);
            Assert.False(publish.Duplicate);
            await mqtt.SendAsync(MqttPackets.PubAckWith(publish.PacketId, 0x83, "busy"));
        }

        var entry = await WaitForAsync(id, entry => entry.State == DeviceBoundState.DeadLettered);
        Assert.Equal((DeviceBoundOutcome.DeliveryCountExceeded, 10, "busy"), (entry.Outcome, entry.DeliveryCount, entry.Description));
    }

    /// <summary>Each is no PUBACK: the connection ends, and what it was sent waits again.</summary>
    [Theory]
    [InlineData(false, "40020000")]
    [InlineData(false, "400100")]
    [InlineData(false, "4003000100")]
    [InlineData(true, "400500018703260001")]
    [InlineData(true, "4004000187FF")]
    [InlineData(true, "400900018705110000000A")]
    public async Task PubAck_Malformed_EndsTheConnectionAndSettlesNothing(bool version5, string packet)
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device, version5 ? MqttHub.Version5 : null);
        var id = await SendAsync(DeviceBound.Draft(device.Id));
        await mqtt.ReceiveAsync();

        await mqtt.SendAsync(Convert.FromHexString(packet));

        await mqtt.UntilClosedAsync();
        Assert.Equal(1, (await WaitForAsync(id, entry => entry.State == DeviceBoundState.Enqueued)).DeliveryCount);
        await Hub.HistoryAsync(device.Id.Value, ConnectionEvent.Disconnected, "PUBACK");
    }

    /// <summary>Those of other packets, or twice, mean nothing: the connection goes on.</summary>
    [Fact]
    public async Task PubAck_OfNoPublish_IsIgnored()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SubscribedAsync(device);
        var id = await SendAsync(DeviceBound.Draft(device.Id));
        var publish = Published.Read(await mqtt.ReceiveAsync());

        await mqtt.SendAsync(MqttPackets.PubAck((ushort)(publish.PacketId + 1)), MqttPackets.PubAck(publish.PacketId), MqttPackets.PubAck(publish.PacketId), MqttPackets.Ping);

        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());
        await WaitForAsync(id, entry => entry.State == DeviceBoundState.Completed);
        Assert.Single(await HistoryAsync(id), line => line.Event == DeviceBoundEvent.Completed);
    }

    [Fact]
    public async Task Deliver_PersistentSessionGoesOn_ComesWithoutSubscribingAgain()
    {
        var device = await mqttHub.NewDeviceAsync();
        var persistent = new ConnectOptions { Clean = false };
        await (await SubscribedAsync(device, persistent)).DisposeAsync();
        await SendAsync(DeviceBound.Draft(device.Id, "waited"));

        await using var again = await RawMqtt.ConnectedAsync(Hub, device, persistent);

        Assert.Equal("waited", Published.Read(await again.ReceiveAsync()).Body);
    }

    [Fact]
    public async Task Deliver_PersistentSessionResumes_ComesAgainWithDupUnderItsPacketId()
    {
        var device = await mqttHub.NewDeviceAsync();
        var persistent = new ConnectOptions { Clean = false };
        var first = await SubscribedAsync(device, persistent);
        for (var i = 0; i < 2; i++)
            await SendAsync(DeviceBound.Draft(device.Id, $"{i}"));
        var before = new[] { Published.Read(await first.ReceiveAsync()), Published.Read(await first.ReceiveAsync()) };
        await first.SendAsync(MqttPackets.PubAck(before[0].PacketId), MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await first.ReceiveAsync());
        first.Reset();
        await Eventually.TrueAsync(() => !Hub.Get<SessionTable>().TryGet(device.Id, out _));
        await SendAsync(DeviceBound.Draft(device.Id, "2"));

        await using var again = await RawMqtt.ConnectedAsync(Hub, device, persistent);
        var after = new[] { Published.Read(await again.ReceiveAsync()), Published.Read(await again.ReceiveAsync()) };

        Assert.Equal([("1", before[1].PacketId, true), ("2", after[1].PacketId, false)], after.Select(publish => (publish.Body, publish.PacketId, publish.Duplicate)));
        Assert.NotEqual(after[0].PacketId, after[1].PacketId);
    }

    /// <summary>Decision 4: a 3.1.1 device that asks for it settles by topic, and hears how that went; its PUBACK settles nothing.</summary>
    [Theory]
    [InlineData("complete", "", DeviceBoundOutcome.Completed, null)]
    [InlineData("reject", "wrong firmware", DeviceBoundOutcome.Rejected, "wrong firmware")]
    public async Task SettleTopic_WithItsLockToken_SettlesAndAnswers(string how, string said, DeviceBoundOutcome outcome, string? description)
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SettlingAsync(device);
        var id = await SendAsync(DeviceBound.Draft(device.Id));
        var publish = Published.Read(await mqtt.ReceiveAsync());
        await mqtt.SendAsync(MqttPackets.PubAck(publish.PacketId), MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());
        Assert.Equal(DeviceBoundState.Invisible, (await EntryAsync(id)).State);

        await mqtt.SendAsync(MqttPackets.Publish($"$iothub/c2d/{how}/?$lt={TokenIn(publish.Topic)}&$rid=7", said));
        Assert.Equal("$iothub/c2d/res/204/?$rid=7", Published.Read(await mqtt.ReceiveAsync()).Topic);
        await mqtt.SendAsync(MqttPackets.Publish($"$iothub/c2d/{how}/?$lt={TokenIn(publish.Topic)}&$rid=8", said));
        Assert.Equal("$iothub/c2d/res/412/?$rid=8", Published.Read(await mqtt.ReceiveAsync()).Topic);
        await mqtt.SendAsync(MqttPackets.Publish($"$iothub/c2d/{how}/?$lt=nonsense&$rid=9", said));
        Assert.Equal("$iothub/c2d/res/400/?$rid=9", Published.Read(await mqtt.ReceiveAsync()).Topic);

        var entry = await EntryAsync(id);
        Assert.Equal((outcome, description), (entry.Outcome, entry.Description));
        Assert.Contains(DeviceBoundEvent.Delivered, (await HistoryAsync(id)).Select(line => line.Event));
    }

    [Fact]
    public async Task SettleTopic_Abandon_ComesAgainUnderAnotherLock()
    {
        var device = await mqttHub.NewDeviceAsync();
        await using var mqtt = await SettlingAsync(device);
        var id = await SendAsync(DeviceBound.Draft(device.Id));
        var publish = Published.Read(await mqtt.ReceiveAsync());

        await mqtt.SendAsync(MqttPackets.Publish($"$iothub/c2d/abandon/?$lt={TokenIn(publish.Topic)}&$rid=1", "busy"));

        var came = new[] { Published.Read(await mqtt.ReceiveAsync()), Published.Read(await mqtt.ReceiveAsync()) };
        Assert.Contains(came, packet => packet.Topic == "$iothub/c2d/res/204/?$rid=1");
        var again = Assert.Single(came, packet => packet.Topic.Contains("devicebound", StringComparison.Ordinal));
        Assert.NotEqual(TokenIn(publish.Topic), TokenIn(again.Topic));
        Assert.Equal(2, (await EntryAsync(id)).DeliveryCount);
        Assert.Equal("busy", (await HistoryAsync(id)).Single(line => line.Event == DeviceBoundEvent.Abandoned).Detail!.Split(": ")[^1]);
    }

    /// <summary>Z2: the token of another device's message is none.</summary>
    [Fact]
    public async Task SettleTopic_TokenOfAnotherDevice_IsLost()
    {
        var owner = await mqttHub.NewDeviceAsync();
        var thief = await mqttHub.NewDeviceAsync();
        await using var owning = await SettlingAsync(owner);
        await using var stealing = await SettlingAsync(thief);
        var id = await SendAsync(DeviceBound.Draft(owner.Id));
        var publish = Published.Read(await owning.ReceiveAsync());

        await stealing.SendAsync(MqttPackets.Publish($"$iothub/c2d/complete/?$lt={TokenIn(publish.Topic)}&$rid=1", ""));

        Assert.Equal("$iothub/c2d/res/412/?$rid=1", Published.Read(await stealing.ReceiveAsync()).Topic);
        Assert.Equal(DeviceBoundState.Invisible, (await EntryAsync(id)).State);
    }

    private async Task<RawMqtt> SettlingAsync(Device device)
    {
        var mqtt = await RawMqtt.ConnectedAsync(Hub, device);
        await mqtt.SendAsync(MqttPackets.Subscribe(1, false, ("$iothub/c2d/res/#", 0), ($"devices/{device.Id}/messages/devicebound/#", 1)));
        Assert.Equal([0x90, 4, 0, 1, 0, 1], await mqtt.ReceiveAsync());
        return mqtt;
    }

    private static string TokenIn(string topic)
    {
        var start = topic.IndexOf("%24.lt=", StringComparison.Ordinal);
        Assert.True(start > 0, $"There is no lock token in {topic}.");
        return topic.Substring(start + "%24.lt=".Length, 36);
    }

    private async Task<RawMqtt> SubscribedAsync(Device device, ConnectOptions? options = null, byte quality = 1)
    {
        var mqtt = await RawMqtt.ConnectedAsync(Hub, device, options);
        await mqtt.SendAsync(MqttPackets.Subscribe(1, options?.Version5 == true, ($"devices/{device.Id}/messages/devicebound/#", quality)));
        Assert.Equal(0x90, (await mqtt.ReceiveAsync())[0]);
        return mqtt;
    }

    private async Task<long> SendAsync(DeviceBoundDraft draft) =>
        Assert.IsType<EnqueueResult.Enqueued>(await Hub.Get<DeviceBoundQueue>().EnqueueAsync(draft, None)).Message.Entry.Id;

    private async Task<DeviceBoundEntry> EntryAsync(long id) => (await Hub.Get<IDeviceBoundStore>().FindAsync(id, None))!.Entry;

    private async Task<DeviceBoundEntry> WaitForAsync(long id, Func<DeviceBoundEntry, bool> holds)
    {
        await Eventually.TrueAsync(async () => holds(await EntryAsync(id)));
        return await EntryAsync(id);
    }

    private ValueTask<IReadOnlyList<DeviceBoundHistoryEntry>> HistoryAsync(long id) => Hub.Get<IDeviceBoundStore>().HistoryAsync(id, None);

    /// <summary>A PUBLISH taken apart.</summary>
    private sealed record Published(string Topic, ushort PacketId, int QualityOfService, bool Duplicate, string Body)
    {
        public static Published Read(byte[] packet, bool version5 = false)
        {
            Assert.Equal(0x30, packet[0] & 0xF0);
            var start = 1;
            while ((packet[start++] & 0x80) != 0)
            {
            }

            var topicLength = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(start));
            var topic = Encoding.UTF8.GetString(packet, start + 2, topicLength);
            var place = start + 2 + topicLength;
            var quality = (packet[0] >> 1) & 3;
            var packetId = quality == 0 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(place));
            place += quality == 0 ? 0 : 2;
            if (version5)
                place += 1 + packet[place];
            return new Published(topic, packetId, quality, (packet[0] & 8) != 0, Encoding.UTF8.GetString(packet, place, packet.Length - place));
        }
    }
}
