using System.Buffers;
using System.Text;
using CsCheck;
using Hub.Server.Protocols.Mqtt;
using Hub.Tests.Support;
using MQTTnet.Packets;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

/// <summary>Any bytes, split in any way: the parsers agree with a plain reading, and never fail in a way of their own.</summary>
public sealed class MqttStreamFuzzTests(MqttHub shared) : IClassFixture<MqttHub>
{
    private const int Limit = 300_000;

    [Fact]
    public async Task Stream_EverySplitPoint_GivesTheSameAnswersAndMessages()
    {
        var device = await shared.NewDeviceAsync();
        var topic = MqttHub.TopicOf(device);
        byte[] stream =
        [
            .. MqttPackets.Publish(topic, "a", 1), .. MqttPackets.Ping, .. MqttPackets.Publish(topic + "k=v", "bb"),
            .. MqttPackets.Subscribe(2, false, ("$iothub/methods/POST/#", 0)), .. MqttPackets.Publish(topic, [], 3),
            .. MqttPackets.Publish("$iothub/methods/res/200/?$rid=1", "{}", 4), .. MqttPackets.Publish(topic, "ccc", 5, flags: 9), .. MqttPackets.Ping,
        ];
        byte[] answers = [0x40, 2, 0, 1, 0xD0, 0, 0x90, 3, 0, 2, 0, 0x40, 2, 0, 3, 0x40, 2, 0, 4, 0x40, 2, 0, 5, 0xD0, 0];
        await using var mqtt = await RawMqtt.ConnectedAsync(shared.Hub, device);
        var rounds = 0;

        // Each split leaves the hub the first part alone: a ping that is answered, or its absence, shows that it has seen it.
        for (var split = 1; split < stream.Length; split += split < 40 ? 1 : 7)
        {
            await mqtt.SendAsync(stream[..split]);
            await Task.Yield();
            await mqtt.SendAsync(stream[split..]);
            List<byte[]> got = [];
            for (var packet = 0; packet < 7; packet++)
                got.Add(await mqtt.ReceiveAsync());
            rounds++;
            // Acknowledgements of publishes wait for their commit, other answers do not: each kind has its own order.
            Assert.Equal(Kinds(answers), got.Select(packet => Convert.ToHexString(packet)).Order(StringComparer.Ordinal));
            Assert.Equal([1, 3, 4, 5], got.Where(packet => packet[0] == 0x40).Select(MqttPackets.IdOf));
        }

        var texts = await shared.Hub.StoredTextsAsync(device.Id.Value);
        Assert.Equal(Enumerable.Repeat((string[])["a", "bb", "", "ccc"], rounds).SelectMany(round => round), texts);

        static IEnumerable<string> Kinds(byte[] bytes)
        {
            List<string> packets = [];
            for (var i = 0; i < bytes.Length; i += 2 + bytes[i + 1])
                packets.Add(Convert.ToHexString(bytes.AsSpan(i, 2 + bytes[i + 1])));
            return packets.Order(StringComparer.Ordinal);
        }
    }

    [Fact]
    public void Frames_AnySegments_AgreeWithAPlainReading() =>
        Gen.Select(Gen.Byte.Array[0, 60].Array[1, 12], Gen.Int[0, 800].Array[0, 12]).Sample((bodies, cuts) =>
        {
            byte[] stream = [.. bodies.SelectMany((body, i) => MqttPackets.Frame((byte)((i * 37) | 0x10), body))];
            var places = cuts.Select(cut => cut % (stream.Length + 1)).ToArray();
            var rest = Segments.Split(stream, places);
            List<byte[]> read = [];
            while (!rest.IsEmpty)
            {
                if (MqttFrame.TryRead(rest, Limit, out var frame) != MqttFrameStatus.Complete)
                    return false;
                read.Add(rest.Slice(frame.HeaderLength, frame.BodyLength).ToArray());
                rest = rest.Slice(frame.Length);
            }

            return read.Count == bodies.Length && read.Zip(bodies).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
        }, iter: 5_000);

    [Fact]
    public void Frame_AnyBytesCutAnywhere_SameVerdict() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[0, 40]).Sample((bytes, cut) =>
        {
            var whole = MqttFrame.TryRead(new ReadOnlySequence<byte>(bytes), Limit, out var one);
            var parts = MqttFrame.TryRead(Segments.Split(bytes, Math.Min(cut, bytes.Length)), Limit, out var other);
            return whole == parts && one == other;
        }, iter: 20_000);

    [Fact]
    public void Publish_AnyBytes_IsReadOrRefusedInWords() =>
        Gen.Select(Gen.Int[0, 15], Gen.Byte.Array[0, 60], Gen.Bool).Sample((flags, body, version5) =>
        {
            var isGood = MqttPublish.TryParse(flags, body, version5, out var publish, out var fault);
            return isGood
                ? fault is null && publish.Topic.Length + publish.Payload.Length + publish.Properties.Length <= body.Length
                : fault is not null;
        }, iter: 50_000);

    [Fact]
    public void Publish_Built_ReadsBack() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 40], Gen.Byte.Array[0, 300], Gen.UShort, Gen.Bool, Gen.String[Gen.Char.AlphaNumeric, 0, 20]).Sample(
            (topic, body, id, version5, value) =>
            {
                var properties = version5 ? MqttPackets.UserProperty("n", value) : null;
                var packet = MqttPackets.Publish(topic, body, id, properties);
                MqttFrame.TryRead(new ReadOnlySequence<byte>(packet), Limit, out var frame);
                return MqttPublish.TryParse(frame.Flags, packet.AsSpan(frame.HeaderLength), version5, out var read, out _)
                    && Encoding.UTF8.GetString(read.Topic) == topic && read.Payload.SequenceEqual(body) && read.PacketId == id
                    && read.Properties.SequenceEqual(properties ?? []);
            },
            iter: 5_000);

    [Fact]
    public void PropertyBag_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 80].Sample(bytes => { _ = MqttPropertyBag.Parse(bytes); }, iter: 50_000);

    [Fact]
    public void ConnectCheckThenCodec_AnyBytes_NeverThrows() =>
        Gen.Select(Gen.Byte.Array[0, 80], Gen.Bool, Gen.Byte).Sample((tail, version5, flags) =>
        {
            byte[] body = [.. MqttPackets.Text("MQTT"), (byte)(version5 ? 5 : 4), flags, 0, 60, .. tail];
            Assert.True(MqttConnectCheck.TryReadProtocol(body, out _, out _));
            // What the check lets through, the codec can read: nothing is left to chance behind it.
            if (MqttConnectCheck.FindFault(body) is null)
                Assert.NotNull(Decode<MqttConnectPacket>(0x10, body, version5));
        }, iter: 50_000);

    [Fact]
    public void ConnectCheck_OneByteChanged_NeverThrows()
    {
        var good = MqttPackets.Connect("device", "token", new ConnectOptions
        {
            Version5 = true,
            Properties = [0x11, 0, 0, 0, 9, .. MqttPackets.UserProperty("a", "b")],
            WillTopic = "devices/device/messages/events/",
            WillProperties = [0x18, 0, 0, 0, 9, 0x03, .. MqttPackets.Text("t")],
        });
        MqttFrame.TryRead(new ReadOnlySequence<byte>(good), Limit, out var frame);
        var body = good[frame.HeaderLength..];
        Assert.Null(MqttConnectCheck.FindFault(body));
        for (var i = 7; i < body.Length; i++)
        {
            for (var value = 0; value < 256; value++)
            {
                var bad = (byte[])body.Clone();
                bad[i] = (byte)value;
                if (MqttConnectCheck.FindFault(bad) is null)
                    _ = Decode<MqttConnectPacket>(0x10, bad, version5: true);
            }
        }
    }

    [Fact]
    public void Codec_AnyBytesOfAnyType_AnswersOrRefuses() =>
        Gen.Select(Gen.Byte, Gen.Byte.Array[0, 60], Gen.Bool).Sample((header, body, version5) =>
        {
            var packet = MqttCodec.Decode<MqttPacket>(new MqttFrame(header, 2, body.Length), body, version5, out var fault);
            return packet is null == fault is not null;
        }, iter: 50_000);

    [Fact]
    public void PropertyAndFilterChecks_AnyBytes_NeverThrow() =>
        Gen.Select(Gen.Byte.Array[0, 60], Gen.Bool, Gen.Bool).Sample((bytes, withOptions, version5) =>
        {
            _ = MqttPropertyCheck.FindFault(bytes, MqttPropertyPlace.Publish, out _);
            if (MqttFilterCheck.FindFault(bytes, withOptions, version5) is not null)
                return true;
            return withOptions
                ? Decode<MqttSubscribePacket>(0x82, bytes, version5) is { TopicFilters.Count: > 0 }
                : Decode<MqttUnsubscribePacket>(0xA2, bytes, version5) is { TopicFilters.Count: > 0 };
        }, iter: 50_000);

    private static T? Decode<T>(byte header, byte[] body, bool version5)
        where T : MqttPacket => MqttCodec.Decode<T>(new MqttFrame(header, 2, body.Length), body, version5, out _);
}
