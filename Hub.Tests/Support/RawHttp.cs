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

    public static async Task<string> ExchangeAsync(Uri server, string request)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
    }
}
