using System.Net;
using System.Net.WebSockets;
using Xunit;
using static Hub.Tests.Protocols.WebSockets.WebSocketBench;

namespace Hub.Tests.Protocols.WebSockets;

/// <summary>Who gets through the door.</summary>
public sealed class WebSocketUpgradeTests
{
    [Fact]
    public async Task PathInOtherCase_IsTheDoorToo()
    {
        await using var server = await StartAsync(EchoAsync);
        using var socket = await ConnectAsync(server, "/$IoTHub/WebSocket");

        await socket.SendAsync(new byte[] { 7 }, WebSocketMessageType.Binary, true, None);

        Assert.Equal("echo", socket.SubProtocol);
        Assert.Equal([7], await ReceiveAsync(socket, 1));
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

        using var answer = await server.SendAsync(HttpMethod.Get, DoorPath, null, null, headers);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(sentence, await answer.Content.ReadAsStringAsync(None));
    }

    [Fact]
    public async Task Get_WithoutUpgrade_IsRefusedInWords()
    {
        await using var server = await StartAsync(EchoAsync);

        using var answer = await server.SendAsync(HttpMethod.Get, DoorPath, null);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("This path takes WebSocket connections only.", await answer.Content.ReadAsStringAsync(None));
    }
}
