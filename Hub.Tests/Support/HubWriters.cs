using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Hub.Cli.Load;
using Hub.Shared.Security;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>A device that sends numbered messages and counts which of them were acknowledged, over as many connections as it takes.</summary>
internal abstract class HubWriter(string device, string key)
{
    public string Device { get; } = device;

    /// <summary>How many were acknowledged: messages 0 to this, exclusive.</summary>
    public int Acknowledged { get; protected set; }

    /// <summary>Every connection: its port of this side, by which a trace tells it, and the first message that was sent over it.</summary>
    public List<(int Port, int From)> Connections { get; } = [];

    public string Token => SharedAccessSignature.Create("localhost/devices/" + Device, key, TimeProvider.System.GetUtcNow().AddHours(1));

    /// <summary>Sends until the number given is acknowledged, the connection breaks (false), or it is told to stop.</summary>
    public abstract Task<bool> SendAsync(HubProcess hub, int upTo, CancellationToken stop);
}

/// <summary>Sends over MQTT 3.1.1 with many messages under way.</summary>
internal sealed class MqttWriter(string device, string key, int window, int filler) : HubWriter(device, key)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public override async Task<bool> SendAsync(HubProcess hub, int upTo, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, hub.MqttPort, stop);
            Connections.Add((((IPEndPoint)socket.LocalEndPoint!).Port, Acknowledged));
            await socket.SendAsync(PacketEncoder.Connect(new MqttIdentity(Device, $"localhost/{Device}/?api-version=2021-04-12", Token), 60), stop);
            using var reader = new BufferedStream(new NetworkStream(socket));
            Assert.Equal([0x20, 2, 0, 0], await ReadAsync(reader, stop).WaitAsync(Patience, stop));
            return await SendAsync(socket, reader, upTo, stop);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The hub acknowledged nothing to {Device} for {Patience.TotalSeconds:0} s, and did not close the connection.");
        }
    }

    private async Task<bool> SendAsync(Socket socket, Stream reader, int upTo, CancellationToken stop)
    {
        // Bounded anew with each acknowledgement: what is not told to stop has to come on.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sent = Acknowledged;
        while (Acknowledged < upTo && !stop.IsCancellationRequested)
        {
            var packets = new List<byte>();
            for (; sent < upTo && sent - Acknowledged < window; sent++)
            {
                var publish = PacketEncoder.Publish($"devices/{Device}/messages/events/", Encoding.UTF8.GetBytes(AckLedger.BodyOf(Device, sent, filler)), 1);
                PacketEncoder.SetPacketId(publish.Packet, publish.PacketIdOffset, PacketId(sent));
                packets.AddRange(publish.Packet);
            }

            patience.CancelAfter(Patience);
            if (packets.Count > 0)
                await socket.SendAsync(packets.ToArray(), patience.Token);
            var answer = await ReadAsync(reader, patience.Token);
            // Acknowledgements come in the order of the publishes [MQTT-4.6.0-2], so counting them is enough.
            Assert.Equal([0x40, 2, (byte)(PacketId(Acknowledged) >> 8), (byte)PacketId(Acknowledged)], answer);
            Acknowledged++;
        }

        return true;
    }

    /// <summary>Connection acknowledgements and those of publishes have four bytes each.</summary>
    private static async Task<byte[]> ReadAsync(Stream reader, CancellationToken stop)
    {
        var packet = new byte[4];
        await reader.ReadExactlyAsync(packet, stop);
        return packet;
    }

    private static ushort PacketId(int number) => (ushort)((number % 60_000) + 1);
}

/// <summary>Sends over HTTP, one message after the other.</summary>
internal sealed class HttpWriter(string device, string key, int filler) : HubWriter(device, key)
{
    public override async Task<bool> SendAsync(HubProcess hub, int upTo, CancellationToken stop)
    {
        using var client = CreateClient(hub, port => Connections.Add((port, Acknowledged)));
        client.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.Parse(Token);
        try
        {
            while (Acknowledged < upTo && !stop.IsCancellationRequested)
            {
                using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(AckLedger.BodyOf(Device, Acknowledged, filler)));
                using var answer = await client.PostAsync($"/devices/{Device}/messages/events?api-version=2021-04-12", body, stop);
                if (answer.StatusCode != HttpStatusCode.NoContent)
                    return false;
                Acknowledged++;
            }

            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return false;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return true;
        }
    }

    /// <summary>A client with one connection at a time, whose port is told.</summary>
    public static HttpClient CreateClient(HubProcess hub, Action<int> onConnected) => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = 1,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            onConnected(((IPEndPoint)socket.LocalEndPoint!).Port);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = hub.Address,
    };
}
