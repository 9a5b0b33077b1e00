using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Xunit;

namespace Hub.Tests.Protocols.WebSockets;

public sealed class WebSocketDoorTests
{
    private const string Path = "/$iothub/websocket";
    private const int Plenty = 64 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

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
    public async Task PathInOtherCase_IsTheDoorToo()
    {
        await using var server = await StartAsync(EchoAsync);
        using var socket = await ConnectAsync(server, "/$IoTHub/WebSocket");

        await socket.SendAsync(new byte[] { 7 }, WebSocketMessageType.Binary, true, None);

        Assert.Equal("echo", socket.SubProtocol);
        Assert.Equal([7], await ReceiveAsync(socket, 1));
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

    [Fact]
    public async Task HeadEnds_WhatItWroteArrivesBeforeTheClose()
    {
        await using var server = await StartAsync(async connection =>
        {
            await connection.Transport.Output.WriteAsync(new byte[100_000], None);
        });
        using var socket = await ConnectAsync(server);

        await ReceiveAsync(socket, 100_000);
        var end = await socket.ReceiveAsync(new byte[16].AsMemory(), None).AsTask().WaitAsync(Patience, None);

        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.NormalClosure), (end.MessageType, socket.CloseStatus));
    }

    [Fact]
    public async Task HeadFails_ClosesThisConnectionAndServesTheNext()
    {
        var first = true;
        await using var server = await StartAsync(connection =>
        {
            var fails = first;
            first = false;
            return fails ? throw new InvalidOperationException("as meant") : EchoAsync(connection);
        });
        using var failing = await ConnectAsync(server);
        var end = await failing.ReceiveAsync(new byte[16].AsMemory(), None).AsTask().WaitAsync(Patience, None);
        using var next = await ConnectAsync(server);
        await next.SendAsync(new byte[] { 7 }, WebSocketMessageType.Binary, true, None);

        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.InternalServerError), (end.MessageType, failing.CloseStatus));
        Assert.Equal([7], await ReceiveAsync(next, 1));
    }

    [Theory]
    [InlineData(null, "The request names no subprotocol: set Sec-WebSocket-Protocol to one of echo.")]
    [InlineData("soap", "No requested subprotocol is served here: set Sec-WebSocket-Protocol to one of echo.")]
    public async Task Upgrade_WithoutKnownSubprotocol_IsRefusedInWords(string? subprotocol, string sentence)
    {
        await using var server = await StartAsync(EchoAsync);
        (string, string)[] headers =
        [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEA=="),
            .. subprotocol is null ? Array.Empty<(string, string)>() : [("Sec-WebSocket-Protocol", subprotocol)],
        ];

        using var answer = await server.SendAsync(HttpMethod.Get, Path, null, null, headers);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(sentence, await answer.Content.ReadAsStringAsync(None));
    }

    [Fact]
    public async Task Get_WithoutUpgrade_IsRefusedInWords()
    {
        await using var server = await StartAsync(EchoAsync);

        using var answer = await server.SendAsync(HttpMethod.Get, Path, null);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("This path takes WebSocket connections only.", await answer.Content.ReadAsStringAsync(None));
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
    public async Task HeadDoesNotRead_PeerHasToWait()
    {
        var mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = 0L;
        await using var server = await StartAsync(async connection =>
        {
            await mayRead.Task.WaitAsync(Patience, None);
            while (read < Plenty)
            {
                var result = await connection.Transport.Input.ReadAsync(None).AsTask().WaitAsync(Patience, None);
                read += result.Buffer.Length;
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return;
            }
        });
        using var socket = await ConnectAsync(server);
        var sent = 0L;
        var chunk = new byte[64 * 1024];
        var sending = Task.Run(
            async () =>
            {
                for (; sent < Plenty; sent += chunk.Length)
                    await socket.SendAsync(chunk.AsMemory(), WebSocketMessageType.Binary, true, None);
            },
            None);

        await StandsStillAsync(() => Volatile.Read(ref sent));
        var whileStill = Volatile.Read(ref sent);
        mayRead.SetResult();
        await sending.WaitAsync(Patience, None);
        await Eventually.TrueAsync(() => Volatile.Read(ref read) == Plenty);

        Assert.InRange(whileStill, 0, Plenty - 1);
    }

    [Fact]
    public async Task PeerDoesNotRead_HeadHasToWait()
    {
        var written = 0L;
        await using var server = await StartAsync(async connection =>
        {
            var chunk = new byte[64 * 1024];
            for (; written < Plenty; written += chunk.Length)
                await connection.Transport.Output.WriteAsync(chunk, None);
        });
        using var socket = await ConnectAsync(server);

        await StandsStillAsync(() => Volatile.Read(ref written));
        var whileStill = Volatile.Read(ref written);
        await ReceiveAsync(socket, Plenty).WaitAsync(Patience, None);

        Assert.InRange(whileStill, 0, Plenty - 1);
    }

    [Fact]
    public async Task PeerVanishes_HeadLearnsItFromInputAndToken()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var input = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async connection =>
        {
            using var registration = connection.ConnectionClosed.Register(() => closed.TrySetResult());
            try
            {
                var result = await connection.Transport.Input.ReadAsync(None);
                input.SetResult(result.IsCompleted ? "end" : "bytes");
            }
            catch (ConnectionResetException)
            {
                input.SetResult("reset");
            }

            await closed.Task;
        });
        using (var client = new TcpClient())
        {
            await UpgradeByHandAsync(server, client);
            // No closing handshake, not even of TCP.
            client.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal("reset", await input.Task.WaitAsync(Patience, None));
        await closed.Task.WaitAsync(Patience, None);
    }

    [Fact]
    public async Task PeerCloses_HeadReadsTheEnd()
    {
        var input = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartAsync(async connection => input.SetResult((await connection.Transport.Input.ReadAsync(None)).IsCompleted));
        using var socket = await ConnectAsync(server);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, None).WaitAsync(Patience, None);

        Assert.True(await input.Task.WaitAsync(Patience, None));
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task ServerStops_HeadIsToldAndMayCloseCleanly()
    {
        await using var server = await StartAsync(async connection =>
        {
            var asked = connection.Features.Get<IConnectionLifetimeNotificationFeature>()!.ConnectionClosedRequested;
            var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = asked.Register(told.SetResult);
            await told.Task;
            await connection.Transport.Output.WriteAsync("bye"u8.ToArray(), None);
        });
        using var socket = await ConnectAsync(server);

        var stopping = server.StopAsync();
        var last = await ReceiveAsync(socket, 3).WaitAsync(Patience, None);
        var end = await socket.ReceiveAsync(new byte[16].AsMemory(), None).AsTask().WaitAsync(Patience, None);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, None);
        await stopping.WaitAsync(Patience, None);

        Assert.Equal("bye", Encoding.ASCII.GetString(last));
        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
    }

    private static Task<ContractServer> StartAsync(Func<ConnectionContext, Task> head) =>
        ContractServer.StartAsync(app => ((Hub.Server.Protocols.WebSockets.WebSocketDoor)app.Services.GetService(typeof(Hub.Server.Protocols.WebSockets.WebSocketDoor))!).Register("echo", head));

    /// <summary>Ignorant of how connections end, as a head may be.</summary>
    private static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var result = await connection.Transport.Input.ReadAsync(None).AsTask().WaitAsync(Patience, None);
            foreach (var segment in result.Buffer)
                connection.Transport.Output.Write(segment.Span);
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            await connection.Transport.Output.FlushAsync(None).AsTask().WaitAsync(Patience, None);
            if (result.IsCompleted)
                return;
        }
    }

    private static async Task<ClientWebSocket> ConnectAsync(ContractServer server, string path = Path)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("other");
        socket.Options.AddSubProtocol("echo");
        await socket.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws", Path = path }.Uri, None);
        return socket;
    }

    private static async Task<NetworkStream> UpgradeByHandAsync(ContractServer server, TcpClient client)
    {
        await client.ConnectAsync(server.Address.Host, server.Address.Port, None);
        var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET {Path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Protocol: echo\r\n\r\n"),
            None);
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, None).AsTask().WaitAsync(Patience, None);
            answer.Append((char)one[0]);
        }

        Assert.StartsWith("HTTP/1.1 101 ", answer.ToString(), StringComparison.Ordinal);
        return stream;
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, int count)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var result = await socket.ReceiveAsync(bytes.AsMemory(received), None).AsTask().WaitAsync(Patience, None);
            Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
            received += result.Count;
        }

        return bytes;
    }

    /// <summary>Waits until a count has begun and does not move any more.</summary>
    private static async Task StandsStillAsync(Func<long> count)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        var began = TimeProvider.System.GetTimestamp();
        var before = -1L;
        while (await timer.WaitForNextTickAsync(None) && (count() is var now) && (now == 0 || now != before))
        {
            before = now;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"The count goes on moving, or never began: {now}.");
        }
    }
}
