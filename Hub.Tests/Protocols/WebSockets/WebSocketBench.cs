using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Hub.Server.Protocols.WebSockets;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Protocols.WebSockets;

/// <summary>A server whose WebSocket door leads to a head of the test's own, and peers that connect to it.</summary>
internal static class WebSocketBench
{
    public const string DoorPath = "/$iothub/websocket";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    public static readonly CancellationToken None = TestContext.Current.CancellationToken;

    public static Task<ContractServer> StartAsync(Func<ConnectionContext, Task> head) =>
        ContractServer.StartAsync(app => app.Services.GetRequiredService<WebSocketDoor>().Register("echo", head));

    /// <summary>Ignorant of how connections end, as a head may be.</summary>
    public static async Task EchoAsync(ConnectionContext connection)
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

    public static async Task<ClientWebSocket> ConnectAsync(ContractServer server, string path = DoorPath)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("other");
        socket.Options.AddSubProtocol("echo");
        await socket.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws", Path = path }.Uri, None);
        return socket;
    }

    public static async Task<NetworkStream> UpgradeByHandAsync(ContractServer server, TcpClient client)
    {
        await client.ConnectAsync(server.Address.Host, server.Address.Port, None);
        var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET {DoorPath} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
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

    public static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, int count)
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
}
