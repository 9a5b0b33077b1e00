using System.Buffers.Binary;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Xunit;
using static Hub.Tests.Protocols.WebSockets.WebSocketBench;

namespace Hub.Tests.Protocols.WebSockets;

/// <summary>Frames of any size are one stream of bytes.</summary>
public sealed class WebSocketFrameTests
{
    [Fact]
    public async Task Frames_OfOneByteAndInFragments_AreOneStream()
    {
        await using var server = await StartAsync(EchoAsync);
        using var socket = await ConnectAsync(server);
        var sent = RandomNumberGenerator.GetBytes(300);

        for (var i = 0; i < sent.Length; i++)
            await socket.SendAsync(sent.AsMemory(i, 1), WebSocketMessageType.Binary, endOfMessage: i % 3 != 0, None);

        Assert.Equal(sent, await ReceiveAsync(socket, sent.Length));
    }

    [Fact]
    public async Task Frame_LargerThanAllBuffers_PassesThrough()
    {
        await using var server = await StartAsync(EchoAsync);
        using var socket = await ConnectAsync(server);
        var sent = RandomNumberGenerator.GetBytes(1024 * 1024);

        var sending = socket.SendAsync(sent.AsMemory(), WebSocketMessageType.Binary, true, None);
        var received = await ReceiveAsync(socket, sent.Length);
        await sending;

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task FrameHeaderOfExabytes_TakesNoMemory_BytesPassAsTheyCome()
    {
        await using var server = await StartAsync(EchoAsync);
        using var client = new TcpClient();
        var stream = await UpgradeByHandAsync(server, client);
        // FIN and binary; masked, with a 64-bit length; the mask 0 leaves the bytes as they are.
        const int sent = 20_000;
        var frame = new byte[14 + sent];
        (frame[0], frame[1]) = (0x82, 0xFF);
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), long.MaxValue);
        frame.AsSpan(14).Fill((byte)'x');

        await stream.WriteAsync(frame, None);
        // Most of it, with the headers of the frames that it comes back in: the rest of a buffer waits for its end.
        var echo = new byte[sent / 2];
        await stream.ReadExactlyAsync(echo, None).AsTask().WaitAsync(Patience, None);

        Assert.InRange(echo.Count(value => value == 'x'), echo.Length - 100, echo.Length);
    }

    [Fact]
    public async Task TextFrame_ClosesWithTheReason()
    {
        await using var server = await StartAsync(EchoAsync);
        using var socket = await ConnectAsync(server);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, None);
        var end = await socket.ReceiveAsync(new byte[16].AsMemory(), None).AsTask().WaitAsync(Patience, None);

        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal((WebSocketCloseStatus.InvalidMessageType, "Only binary frames carry this protocol."), (socket.CloseStatus, socket.CloseStatusDescription));
    }
}
