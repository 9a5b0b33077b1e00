using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Xunit;
using static Hub.Tests.Protocols.WebSockets.WebSocketBench;

namespace Hub.Tests.Protocols.WebSockets;

/// <summary>How connections end, and how each side learns of it.</summary>
public sealed class WebSocketEndTests
{
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
}
