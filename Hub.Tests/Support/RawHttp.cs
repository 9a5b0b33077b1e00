using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>HTTP written by hand, for what a well-behaved client would not send.</summary>
internal static class RawHttp
{
    /// <summary>Posts one byte with a header as it is given, and returns the whole answer.</summary>
    public static Task<string> PostAsync(Uri server, string target, string token, string headerName, string headerValue) => ExchangeAsync(
        server, $"POST {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n{headerName}: {headerValue}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");

    /// <summary>Sends a request as it is written, and returns what is answered until the connection is closed.</summary>
    public static async Task<string> ExchangeAsync(Uri server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        try
        {
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server had read enough: its answer is what matters.
        }

        return await ReadToCloseAsync(client.GetStream());
    }

    /// <summary>What comes until the connection is closed. A server that closes before it has read everything resets it; that is its end too.</summary>
    public static async Task<string> ReadToCloseAsync(NetworkStream stream)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, limit.Token);
        }
        catch (IOException)
        {
            // Reset.
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }
}
