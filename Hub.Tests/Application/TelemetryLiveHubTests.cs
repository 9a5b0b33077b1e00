using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What is being sent, watched over the live hub.</summary>
public sealed class TelemetryLiveHubTests : TelemetryWays
{
    [Fact]
    public async Task LiveHub_WithTokenAsClientsSendIt_ShowsWhatComesOverEveryProtocol()
    {
        foreach (var skipNegotiation in new[] { false, true })
        {
            await using var connection = new HubConnectionBuilder().WithUrl(new Uri(Running.Http, ApiRoutes.LiveHub), options =>
            {
                // As Bearer in a header, or in the query: what a browser's client does with it.
                options.AccessTokenProvider = () => Task.FromResult<string?>(Running.TokenOfPolicy("service"));
                options.SkipNegotiation = skipNegotiation;
                options.Transports = skipNegotiation ? HttpTransportType.WebSockets : HttpTransportType.ServerSentEvents;
            }).Build();
            await connection.StartAsync(None);
        }

        var query = Uri.EscapeDataString(Running.TokenOfPolicy("service"));
        await using var viewer = await ConnectAsync($"?access_token={query}");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(Patience);
        var seen = new List<TelemetryItem>();
        var batches = viewer.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), new TelemetryFilter(), patience.Token);
        var reading = Task.Run(
            async () =>
            {
                await foreach (var batch in batches)
                {
                    seen.AddRange(batch.Items);
                    Assert.Equal((0, 0), (batch.Dropped, batch.Sampled));
                    if (seen.Count == Ids.Length * PerDevice)
                        break;
                }
            },
            None);
        await Eventually.TrueAsync(() => Running.Get<MessageFeed>().SubscriberCount == 1);
        await SendAllAsync();
        await reading;

        Assert.Equal(Keys(await WalkAsync("limit=1000")), Keys(seen));
    }

    [Theory]
    [InlineData("device")]
    [InlineData("registryRead")]
    public async Task LiveHub_TokenWithoutTheRight_IsRefused(string policy)
    {
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync($"?access_token={Uri.EscapeDataString(Running.TokenOfPolicy(policy))}"));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LiveHub_TokenEnds_ConnectionCloses()
    {
        var token = Running.TokenOfPolicy("service", TimeSpan.FromSeconds(8));
        await using var connection = await ConnectAsync($"?access_token={Uri.EscapeDataString(token)}");
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };

        await closed.Task.WaitAsync(Patience, None);
    }

    [Fact]
    [Trait("Promise", "P-8")]
    public async Task LiveHub_ViewerDoesNotRead_CostsNobodyElseAnythingAndIsToldWhatItMissed()
    {
        const int rounds = 60, perRound = 500;
        var device = await Running.AddDeviceAsync("by-http");
        var token = Uri.EscapeDataString(Running.TokenOfPolicy("service"));
        using var slow = new ClientWebSocket();
        await slow.ConnectAsync(new UriBuilder(Running.Http) { Scheme = "ws", Path = ApiRoutes.LiveHub, Query = $"access_token={token}" }.Uri, None);
        await SendAsync(slow, """{"protocol":"json","version":1}""");
        await SendAsync(slow, """{"type":4,"invocationId":"1","target":"StreamTelemetry","arguments":[{"maxPerSecond":10000}]}""");
        await using var quick = await ConnectAsync($"?access_token={token}");
        var quickCount = 0L;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(None);
        var reading = Task.Run(
            async () =>
            {
                await foreach (var batch in quick.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), new TelemetryFilter(), done.Token))
                {
                    if (Interlocked.Add(ref quickCount, batch.Received + batch.Dropped) == rounds * perRound)
                        break;
                }
            },
            None);
        await Eventually.TrueAsync(() => Running.Get<MessageFeed>().SubscriberCount == 2);

        for (var round = 0; round < rounds; round++)
            await PostBatchAsync(device, round * perRound, perRound);
        await reading.WaitAsync(Patience, None);
        var slowCount = await ReadCountsAsync(slow, rounds * perRound).WaitAsync(Patience, None);

        Assert.Equal((rounds * perRound, rounds * perRound), (quickCount, slowCount));
    }

    private async Task<HubConnection> ConnectAsync(string query)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(Running.Http, ApiRoutes.LiveHub + query), options =>
        {
            options.SkipNegotiation = true;
            options.Transports = HttpTransportType.WebSockets;
        }).Build();
        try
        {
            await connection.StartAsync(None);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static Task SendAsync(ClientWebSocket socket, string message) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(message + '\u001e'), WebSocketMessageType.Text, true, None);

    /// <summary>Adds up what the batches say came and was missed, until that is all.</summary>
    private static async Task<long> ReadCountsAsync(ClientWebSocket socket, long all)
    {
        var counted = 0L;
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        var began = TimeProvider.System.GetTimestamp();
        while (counted < all)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), None).AsTask().WaitAsync(Patience, None);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"Of {all} messages {counted} were counted.");
            Assert.Equal(WebSocketMessageType.Text, part.MessageType);
            message.Write(buffer, 0, part.Count);
            if (!part.EndOfMessage)
                continue;
            foreach (var text in Encoding.UTF8.GetString(message.ToArray()).Split('\u001e', StringSplitOptions.RemoveEmptyEntries))
            {
                using var document = JsonDocument.Parse(text);
                if (document.RootElement.TryGetProperty("item", out var batch))
                    counted += NumberIn(batch, "received") + NumberIn(batch, "dropped");
            }

            message.SetLength(0);
        }

        return counted;
    }

    /// <summary>64-bit numbers are strings in the hub's JSON.</summary>
    private static long NumberIn(JsonElement batch, string name) =>
        batch.GetProperty(name) is { ValueKind: JsonValueKind.String } text
            ? long.Parse(text.GetString()!, CultureInfo.InvariantCulture)
            : batch.GetProperty(name).GetInt64();
}
