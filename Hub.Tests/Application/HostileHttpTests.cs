using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What no client would send, at the HTTP door of the whole hub: rows H1 to H3, H5, H7 and H8 of the catalogue.</summary>
public sealed class HostileHttpTests : IAsyncLifetime
{
    private const string Target = "/devices/d1/messages/events?api-version=2021-04-12";

    /// <summary>The longest of the limits is 30 seconds; the rest is for a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private RunningHub _hub = null!;
    private string _token = string.Empty;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _hub = await RunningHub.StartAsync();
        _token = ContractServer.TokenOf(await _hub.AddDeviceAsync("d1"));
    }

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task H1_SlowHeadersAndSlowBody_AreClosed()
    {
        var closed = await Task.WhenAll(
            DripAsync($"POST {Target} HTTP/1.1\r\nHost: localhost\r\nx: "),
            DripAsync($"POST {Target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_token}\r\nContent-Length: 100000\r\n\r\n"));

        Assert.All(closed, took => Assert.True(took < Patience, $"Still open after {took.TotalSeconds:0} s."));
        await AssertServesAsync();
    }

    [Fact]
    public async Task H2_LengthThatIsTooLongOrALie_IsRefusedUnread()
    {
        var huge = await ExchangeAsync($"Authorization: {_token}\r\nContent-Length: 32505856\r\n\r\n");
        // Says ten, sends three and leaves: nothing of it is a message.
        using (var liar = await ConnectAsync())
        {
            var stream = liar.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {Target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_token}\r\nContent-Length: 10\r\n\r\nabc"), None);
            liar.Client.Shutdown(SocketShutdown.Send);
            Assert.DoesNotContain(" 204 ", await RawHttp.ReadToCloseAsync(stream), StringComparison.Ordinal);
        }

        Assert.StartsWith("HTTP/1.1 413 ", huge, StringComparison.Ordinal);
        Assert.Empty((await _hub.Get<IMessageLog>().QueryAsync(new TelemetryQuery(), None)).Items);
        await AssertServesAsync();
    }

    [Theory]
    [InlineData("two hosts", "Host: elsewhere\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("length and chunks", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")]
    [InlineData("two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx")]
    [InlineData("unknown coding", "Transfer-Encoding: identity\r\n\r\nx")]
    [InlineData("line feed alone in a chunk", "Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n")]
    [InlineData("line feed alone in a chunk's extension", "Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n")]
    [InlineData("chunk of no number", "Transfer-Encoding: chunked\r\n\r\nz\r\nx\r\n0\r\n\r\n")]
    [InlineData("folded header", "x: a\r\n b\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("space before the colon", "Content-Length : 1\r\n\r\nx")]
    [InlineData("33 KiB", "x: {33 KiB}\r\nContent-Length: 1\r\n\r\nx")]
    [InlineData("101 headers", "{101 headers}Content-Length: 1\r\n\r\nx")]
    public async Task H3_FramingThatCouldBeReadTwoWays_IsRefused(string what, string rest)
    {
        var headers = string.Concat(Enumerable.Range(0, 101).Select(i => $"x{i}: 1\r\n"));
        var answer = await ExchangeAsync(
            $"Authorization: {_token}\r\n" + rest.Replace("{33 KiB}", new string('x', 33 * 1024), StringComparison.Ordinal).Replace("{101 headers}", headers, StringComparison.Ordinal));

        Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 431 ", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.Empty((await _hub.Get<IMessageLog>().QueryAsync(new TelemetryQuery(), None)).Items);
        await AssertServesAsync();
    }

    [Fact]
    public async Task H5_CompressedBomb_IsStoredAsItCameAndNeverInflated()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            await gzip.WriteAsync(new byte[64 * 1024 * 1024], None);
        var bomb = packed.ToArray();
        using var client = _hub.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", _token);
        using var content = new ByteArrayContent(bomb) { Headers = { ContentEncoding = { "gzip" } } };
        content.Headers.Add("iothub-contentencoding", "gzip");

        using var answer = await client.PostAsync(Target, content, None);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.InRange(bomb.Length, 1, 256 * 1024 - 100);
        Assert.Equal(bomb, Assert.Single((await _hub.Get<IMessageLog>().QueryAsync(new TelemetryQuery(), None)).Items).Message.Body.ToArray());
        using var owner = _hub.CreateClientOf("service");
        var item = Assert.Single((await owner.GetFromJsonAsync<Page<TelemetryItem>>(ApiRoutes.Telemetry, None))!.Items);
        Assert.Equal((BodyEncoding.Base64, Convert.ToBase64String(bomb)), (item.BodyEncoding, item.Body.GetString()));
    }

    [Fact]
    public async Task H7_H8_SearchText_IsNeitherSqlNorAPattern()
    {
        var sender = new MessageSender(DeviceId.Parse("d1"), "1", "{}", null);
        await _hub.Get<MessageIngress>().AcceptAsync(sender, [TestMessages.Text(new string('a', 100_000) + "!"), TestMessages.Text("it matches (a+)+$ as it stands")]);
        using var client = _hub.CreateClientOf("iothubowner");

        async Task<int> CountAsync(string path, string q) =>
            (await client.GetFromJsonAsync<Page<System.Text.Json.JsonElement>>($"{path}?q={Uri.EscapeDataString(q)}", None))!.Items.Count;

        var watch = Stopwatch.StartNew();
        Assert.Equal(1, await CountAsync(ApiRoutes.Telemetry, "(a+)+$"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"It took {watch.Elapsed.TotalSeconds:0} s.");
        foreach (var q in (string[])["' OR '1'='1", "'; DROP TABLE Devices; --", "\" OR 1=1 /*", "ʼ OR 1=1", "%"])
        {
            Assert.Equal(0, await CountAsync(ApiRoutes.Telemetry, q));
            Assert.Equal(0, await CountAsync(ApiRoutes.Devices, q));
        }

        Assert.Equal(1, await CountAsync(ApiRoutes.Devices, "d1"));
    }

    private async Task AssertServesAsync()
    {
        using var client = _hub.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", _token);
        using var answer = await client.PostAsync(Target, new ByteArrayContent([1]), None);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private Task<string> ExchangeAsync(string rest) => RawHttp.ExchangeAsync(_hub.Http, $"POST {Target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{rest}");

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(_hub.Http.Host, _hub.Http.Port, None);
        return client;
    }

    /// <summary>Begins so, then sends a byte now and then, until the hub has had enough; says how long that took.</summary>
    private async Task<TimeSpan> DripAsync(string begin)
    {
        using var client = await ConnectAsync();
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(begin), None);
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        try
        {
            while (watch.Elapsed < Patience && await timer.WaitForNextTickAsync(None))
            {
                await stream.WriteAsync("G"u8.ToArray(), None);
                if (client.Client.Poll(0, SelectMode.SelectRead) && await stream.ReadAsync(new byte[4096], None) == 0)
                    break;
            }
        }
        catch (IOException)
        {
            // Reset: closed as well.
        }

        return watch.Elapsed;
    }
}
