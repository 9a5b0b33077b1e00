using System.Buffers;
using Hub.Server.Protocols.Mqtt;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Mqtt;

public sealed class MqttFrameTests
{
    [Theory]
    [InlineData(new byte[] { }, MqttFrameStatus.Incomplete)]
    [InlineData(new byte[] { 0x30 }, MqttFrameStatus.Incomplete)]
    [InlineData(new byte[] { 0x30, 0x02, 0x00 }, MqttFrameStatus.Incomplete)]
    [InlineData(new byte[] { 0xC0, 0x00 }, MqttFrameStatus.Complete)]
    [InlineData(new byte[] { 0x30, 0x80 }, MqttFrameStatus.Incomplete)]
    [InlineData(new byte[] { 0x30, 0x80, 0x00 }, MqttFrameStatus.Malformed)]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F }, MqttFrameStatus.Malformed)]
    [InlineData(new byte[] { 0x10, 0xFF, 0xFF, 0xFF, 0x7F }, MqttFrameStatus.TooLarge)]
    public void TryRead_Head_TellsItsStatus(byte[] bytes, object status) =>
        Assert.Equal(status, MqttFrame.TryRead(new ReadOnlySequence<byte>(bytes), 16 * 1024, out _));

    [Fact]
    public void TryRead_AnySplit_TellsTheSame()
    {
        byte[] bytes = [0x32, 0x85, 0x01, .. new byte[0x85]];

        for (var split = 0; split <= bytes.Length; split++)
        {
            var status = MqttFrame.TryRead(Segments.Split(bytes, split), 1024, out var frame);

            Assert.Equal(MqttFrameStatus.Complete, status);
            Assert.Equal(new MqttFrame(0x32, 3, 0x85), frame);
        }
    }
}
