using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Hub.Server.Registry;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>One connection to an MQTT door that sends the bytes it is given, good or bad, and takes apart what comes back.</summary>
internal sealed class RawMqtt : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Stream _stream;
    private readonly Socket? _socket;

    private RawMqtt(Stream stream, Socket? socket) => (_stream, _socket) = (stream, socket);

    public static async Task<RawMqtt> TcpAsync(int port, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
            socket.ReceiveBufferSize = size;
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return new RawMqtt(new NetworkStream(socket, ownsSocket: true), socket);
    }

    public static async Task<RawMqtt> TlsAsync(int port, string caPath, X509Certificate2? certificate = null)
    {
        var tcp = await TcpAsync(port);
        var tls = new SslStream(tcp._stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = HubFixture.HostName,
                RemoteCertificateValidationCallback = HubFixture.Trust(X509CertificateLoader.LoadCertificateFromFile(caPath)),
                ClientCertificates = certificate is null ? null : [certificate],
            },
            Limit());
        return new RawMqtt(tls, tcp._socket);
    }

    /// <summary>Each write becomes one binary message.</summary>
    public static async Task<RawMqtt> WebSocketAsync(HubFixture hub, string scheme = "wss")
    {
        var socket = await OpenWebSocketAsync(hub, scheme, "mqtt");
        return new RawMqtt(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), null);
    }

    public static async Task<ClientWebSocket> OpenWebSocketAsync(HubFixture hub, string scheme, string? subprotocol)
    {
        var socket = new ClientWebSocket();
        if (subprotocol is not null)
            socket.Options.AddSubProtocol(subprotocol);
        socket.Options.RemoteCertificateValidationCallback = HubFixture.Trust(X509CertificateLoader.LoadCertificateFromFile(hub.CaPath));
        var http = scheme == "wss" ? "https" : "http";
        await socket.ConnectAsync(
            new Uri($"{scheme}://{HubFixture.HostName}:{hub.Port(http)}/$iothub/websocket"), Limit());
        return socket;
    }

    /// <summary>A connected device over plain TCP, with the answer to its CONNECT read.</summary>
    public static async Task<RawMqtt> ConnectedAsync(HubFixture hub, Device device, ConnectOptions? options = null)
    {
        var mqtt = await TcpAsync(hub.Port("mqtt"));
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ConnectAsync(device, options)));
        return mqtt;
    }

    /// <summary>Sends a good CONNECT of the device; returns the CONNACK.</summary>
    public async Task<byte[]> ConnectAsync(Device device, ConnectOptions? options = null)
    {
        await SendAsync(MqttPackets.Connect(device.Id.Value, HubFixture.Token(device), options));
        return await ReceiveAsync();
    }

    public Task SendAsync(params byte[][] packets) => _stream.WriteAsync(packets.SelectMany(packet => packet).ToArray(), Limit()).AsTask();

    /// <summary>The next packet, whole, with its fixed header.</summary>
    public async Task<byte[]> ReceiveAsync() => await TryReceiveAsync() ?? throw new EndOfStreamException("The hub closed the connection.");

    /// <summary>The next packet; null when the connection is closed.</summary>
    public async Task<byte[]?> TryReceiveAsync()
    {
        try
        {
            List<byte> header = [await ByteAsync()];
            int length = 0, shift = 0;
            do
            {
                header.Add(await ByteAsync());
                length |= (header[^1] & 0x7F) << shift;
                shift += 7;
            }
            while ((header[^1] & 0x80) != 0);
            var body = new byte[length];
            await _stream.ReadExactlyAsync(body, Limit());
            return [.. header, .. body];
        }
        catch (Exception exception) when (exception is IOException or WebSocketException)
        {
            return null;
        }
    }

    /// <summary>Reads what comes until the connection is closed; returns the packets. Fails when it is not closed.</summary>
    public async Task<List<byte[]>> UntilClosedAsync()
    {
        List<byte[]> packets = [];
        while (await TryReceiveAsync() is { } packet)
            packets.Add(packet);
        return packets;
    }

    /// <summary>Reads text up to and with an ending, as of an HTTP answer.</summary>
    public async Task<string> ReadTextUntilAsync(string ending)
    {
        var text = new System.Text.StringBuilder();
        while (!text.ToString().EndsWith(ending, StringComparison.Ordinal))
            text.Append((char)await ByteAsync());
        return text.ToString();
    }

    /// <summary>Tells the hub that no more comes; what it says can still be read.</summary>
    public void EndSending() => _socket!.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection without a goodbye.</summary>
    public void Reset()
    {
        _socket!.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<byte> ByteAsync()
    {
        var one = new byte[1];
        await _stream.ReadExactlyAsync(one, Limit());
        return one[0];
    }

    private static CancellationToken Limit() => new CancellationTokenSource(Patience).Token;
}
