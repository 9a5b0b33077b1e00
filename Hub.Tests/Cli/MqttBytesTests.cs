using System.Text;
using CsCheck;
using Hub.Cli.Load;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class MqttBytesTests
{
    [Fact]
    public void Publish_QoS1_HasTopicPatchedIdAndPayload()
    {
        var template = PacketEncoder.Publish("a/b", "xyz"u8, 1);
        PacketEncoder.SetPacketId(template.Packet, template.PacketIdOffset, 0x1234);

        Assert.Equal([0x32, 10, 0, 3, (byte)'a', (byte)'/', (byte)'b', 0x12, 0x34, (byte)'x', (byte)'y', (byte)'z'], template.Packet);
    }

    [Fact]
    public void Publish_LongPayload_HasALengthOfTwoBytes()
    {
        var template = PacketEncoder.Publish("t", new byte[200], 0);

        Assert.Equal(-1, template.PacketIdOffset);
        Assert.Equal([0x30, 0xCB, 0x01, 0, 1, (byte)'t'], template.Packet[..6]);
        Assert.Equal(206, template.Packet.Length);
    }

    [Fact]
    public void Connect_WithPassword_SetsItsFlags()
    {
        var packet = PacketEncoder.Connect(new MqttIdentity("c", "u", "p"), 60);

        Assert.Equal([0x10, 19, 0, 4, .. Encoding.ASCII.GetBytes("MQTT"), 4, 0xC2, 0, 60, 0, 1, (byte)'c', 0, 1, (byte)'u', 0, 1, (byte)'p'], packet);
    }

    [Fact]
    public void Read_StreamCutAnywhere_CountsEachPubAckOnceAndInOrder() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 9].Array[1, 30]).Sample((count, cuts) =>
        {
            var window = new InFlightWindow(count, new LoadClock(TimeProvider.System));
            var stream = new List<byte> { 0x20, 2, 0, 0 };
            for (var i = 0; i < count; i++)
            {
                var id = window.Add(0);
                stream.AddRange([0x40, 2, (byte)(id >> 8), (byte)id]);
                if (i % 3 == 0)
                    stream.AddRange([0xD0, 0]);
            }

            var reader = new AckReader();
            var acknowledged = 0;
            for (var (at, i) = (0, 0); at < stream.Count; at += cuts[i % cuts.Length], i++)
                acknowledged += reader.Read(stream.Skip(at).Take(cuts[i % cuts.Length]).ToArray(), window, 0);
            return acknowledged == count && window.OrderViolations == 0 && window.Count == 0 && reader.ConnectCode == 0;
        });

    [Fact]
    public void Acknowledge_SecondBeforeFirst_CountsAViolationAndBothMessages()
    {
        var window = new InFlightWindow(4, new LoadClock(TimeProvider.System));
        window.Add(0);
        window.Add(0);

        Assert.True(window.Acknowledge(2, 0));
        Assert.Equal(2, window.Count);
        Assert.True(window.Acknowledge(1, 0));
        Assert.Equal((0, 1L, 2L), (window.Count, window.OrderViolations, window.Acknowledged));
    }

    [Fact]
    public void Acknowledge_IdThatDoesNotWait_IsAViolationAndNoMessage()
    {
        var window = new InFlightWindow(4, new LoadClock(TimeProvider.System));
        window.Add(0);

        Assert.False(window.Acknowledge(3, 0));
        Assert.True(window.Acknowledge(1, 0));
        Assert.False(window.Acknowledge(1, 0));
        Assert.False(window.Acknowledge(2, 0));
        Assert.Equal((3L, 1L), (window.OrderViolations, window.Acknowledged));
    }

    [Fact]
    public void Add_PastTheGreatestId_GoesOnWithOne()
    {
        var window = new InFlightWindow(2, new LoadClock(TimeProvider.System));
        for (var i = 1; i <= 65_535; i++)
            Assert.True(window.Acknowledge(window.Add(0), 0));

        Assert.Equal(1, window.Add(0));
        Assert.True(window.Acknowledge(1, 0));
        Assert.Equal(0, window.OrderViolations);
    }
}
