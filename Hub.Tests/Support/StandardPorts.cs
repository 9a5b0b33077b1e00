using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>A hub where clients of the contract dial, to which some are bound. Its tests share a collection, since there is one such port.</summary>
internal static class StandardPorts
{
    /// <summary>Starts a hub on 443 (HTTPS) or 8883 (MQTT over TLS); skips the test when the port cannot be had.</summary>
    public static async Task<HubFixture> StartAsync(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
        }
        catch (SocketException fault)
        {
            Assert.Skip($"127.0.0.1:{port}, to which the client is bound, cannot be had: {fault.SocketErrorCode}.");
        }

        return await HubFixture.StartAsync(port == 443
            ? $"--Hub:Endpoints:Https=https://127.0.0.1:{port}"
            : $"--Hub:Endpoints:Mqtts=mqtts://127.0.0.1:{port}");
    }
}
