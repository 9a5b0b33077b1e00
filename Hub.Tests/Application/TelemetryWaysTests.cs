using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>Messages on their whole way: in by MQTT and HTTPS, through the real store, out by page, by event stream and by the live hub.</summary>
public sealed class TelemetryWaysTests : IAsyncLifetime
{
    private const int PerDevice = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly string[] Ids = ["by-mqtt", "by-http", "by-batch"];
    private RunningHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await RunningHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task Pages_WalkedToTheEnd_HoldEveryMessageOnce(string order)
    {
        await SendAllAsync();

        var walked = await WalkAsync($"order={order}&limit=37");

        Assert.Equal(
            Ids.SelectMany(id => Enumerable.Range(0, PerDevice).Select(n => (id, n))).Order(),
            walked.Select(item => (item.DeviceId.Value, NumberOf(item))).Order());
        foreach (var id in Ids)
        {
            // P-2: the order of each device is kept.
            var numbers = walked.Where(item => item.DeviceId.Value == id).Select(NumberOf).ToArray();
            Assert.Equal(order == "asc" ? numbers.Order() : numbers.OrderDescending(), numbers);
        }

        foreach (var partition in walked.GroupBy(item => item.Partition))
        {
            var numbers = partition.Select(item => item.SequenceNumber).Order().ToArray();
            Assert.Equal(Enumerable.Range(0, numbers.Length).Select(n => (long)n), numbers);
        }
    }

    [Fact]
    public async Task Pages_Filtered_HoldWhatMatches()
    {
        await SendAllAsync();
        var all = await WalkAsync("limit=1000");
        var middle = all[all.Count / 2];

        var byDevice = await WalkAsync("deviceId=by-batch&limit=7");
        var byText = await WalkAsync("q=%22n%22:17%7D&limit=2");
        var byProperty = await WalkAsync("q=KITCHEN&limit=50");
        var byPartition = await WalkAsync($"partition={middle.Partition}&after={middle.SequenceNumber}&limit=5");
        var from = Uri.EscapeDataString(middle.EnqueuedTime.ToString("O", CultureInfo.InvariantCulture));
        var since = await WalkAsync($"from={from}&limit=11");
        var before = await WalkAsync($"to={from}&order=desc&limit=11");

        Assert.Equal(Keys(all.Where(item => item.DeviceId.Value == "by-batch")), Keys(byDevice));
        Assert.Equal(Ids.Order(), byText.Select(item => item.DeviceId.Value).Order());
        Assert.All(byText, item => Assert.Equal(17, NumberOf(item)));
        Assert.Equal(Keys(all.Where(item => item.Properties.ContainsKey("room"))), Keys(byProperty));
        Assert.Equal(Keys(all.Where(item => item.Partition == middle.Partition && item.SequenceNumber > middle.SequenceNumber)), Keys(byPartition));
        Assert.Equal(Keys(all.Where(item => item.EnqueuedTime >= middle.EnqueuedTime)), Keys(since));
        Assert.Equal(Keys(all.Where(item => item.EnqueuedTime < middle.EnqueuedTime)), Keys(before));
    }

    /// <summary>H11.</summary>
    [Fact]
    public async Task Pages_AskedForNonsense_AreRefused()
    {
        await PostAsync(await _hub.AddDeviceAsync("by-http"), 0, 3);
        using var client = _hub.CreateClientOf("service");
        var cursor = Uri.EscapeDataString((await client.GetFromJsonAsync<Page<TelemetryItem>>($"{ApiRoutes.Telemetry}?limit=1", None))!.NextCursor!);
        foreach (var query in new[]
        {
            "limit=-1", "limit=0", "limit=1001", "cursor=tampered", $"cursor={cursor}x", $"deviceId=by-http&cursor={cursor}", "after=3", "partition=4",
            "order=sideways", "from=yesterday", "nonsense=1",
        })
        {
            using var answer = await client.GetAsync($"{ApiRoutes.Telemetry}?{query}", None);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(None);

            Assert.Equal((query, HttpStatusCode.BadRequest, 400004), (query, answer.StatusCode, problem.GetProperty("errorCode").GetInt32()));
        }
    }

    [Fact]
    public async Task EventStream_FromSequenceNumber_GoesOnWithWhatComes()
    {
        var device = await _hub.AddDeviceAsync("by-http");
        await PostAsync(device, 0, 20);
        var partition = (await WalkAsync("deviceId=by-http"))[0].Partition;
        using var client = _hub.CreateClientOf("service");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{ApiRoutes.TelemetryStream}?deviceId=by-http&partition={partition}&after=4");

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, None);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(None));
        var stored = await ReadEventsAsync(reader, 15);
        await PostAsync(device, 20, 10);
        var live = await ReadEventsAsync(reader, 10);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Enumerable.Range(5, 25), stored.Concat(live).Select(item => NumberOf(item.Item)));
        Assert.All(stored.Concat(live), item => Assert.Equal($"{partition}-{item.Item.SequenceNumber}", item.Id));
    }

    [Fact]
    public async Task LiveHub_WithTokenAsClientsSendIt_ShowsWhatComesOverEveryProtocol()
    {
        foreach (var skipNegotiation in new[] { false, true })
        {
            await using var connection = new HubConnectionBuilder().WithUrl(new Uri(_hub.Http, ApiRoutes.LiveHub), options =>
            {
                // As Bearer in a header, or in the query: what a browser's client does with it.
                options.AccessTokenProvider = () => Task.FromResult<string?>(_hub.TokenOfPolicy("service"));
                options.SkipNegotiation = skipNegotiation;
                options.Transports = skipNegotiation ? HttpTransportType.WebSockets : HttpTransportType.ServerSentEvents;
            }).Build();
            await connection.StartAsync(None);
        }

        var query = Uri.EscapeDataString(_hub.TokenOfPolicy("service"));
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
        await Eventually.TrueAsync(() => _hub.Get<MessageFeed>().SubscriberCount == 1);
        await SendAllAsync();
        await reading;

        Assert.Equal(Keys(await WalkAsync("limit=1000")), Keys(seen));
    }

    [Theory]
    [InlineData("device")]
    [InlineData("registryRead")]
    public async Task LiveHub_TokenWithoutTheRight_IsRefused(string policy)
    {
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync($"?access_token={Uri.EscapeDataString(_hub.TokenOfPolicy(policy))}"));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LiveHub_TokenEnds_ConnectionCloses()
    {
        var token = _hub.TokenOfPolicy("service", TimeSpan.FromSeconds(8));
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
        var device = await _hub.AddDeviceAsync("by-http");
        var token = Uri.EscapeDataString(_hub.TokenOfPolicy("service"));
        using var slow = new ClientWebSocket();
        await slow.ConnectAsync(new UriBuilder(_hub.Http) { Scheme = "ws", Path = ApiRoutes.LiveHub, Query = $"access_token={token}" }.Uri, None);
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
        await Eventually.TrueAsync(() => _hub.Get<MessageFeed>().SubscriberCount == 2);

        for (var round = 0; round < rounds; round++)
            await PostBatchAsync(device, round * perRound, perRound);
        await reading.WaitAsync(Patience, None);
        var slowCount = await ReadCountsAsync(slow, rounds * perRound).WaitAsync(Patience, None);

        Assert.Equal((rounds * perRound, rounds * perRound), (quickCount, slowCount));
    }

    private async Task SendAllAsync()
    {
        var devices = new List<Device>();
        foreach (var id in Ids)
            devices.Add(await _hub.AddDeviceAsync(id));
        await Task.WhenAll(
            PublishAsync(devices[0]),
            PostAsync(devices[1], 0, PerDevice),
            Task.Run(
                async () =>
                {
                    for (var first = 0; first < PerDevice; first += 10)
                        await PostBatchAsync(devices[2], first, 10);
                },
                None));
    }

    private async Task PublishAsync(Device device)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _hub.PortOf("mqtt")).WithClientId(device.Id.Value)
                .WithCredentials($"{RunningHub.HostName}/{device.Id.Value}/?api-version=2021-04-12", TokenOf(device)).Build(),
            None);
        for (var n = 0; n < PerDevice; n++)
        {
            var bag = n % 5 == 0 ? "room=kitchen&%24.ct=application%2Fjson" : "%24.ct=application%2Fjson";
            var message = new MqttApplicationMessageBuilder().WithTopic($"devices/{device.Id.Value}/messages/events/{bag}").WithPayload(BodyOf(n))
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build();
            Assert.True((await client.PublishAsync(message, None)).IsSuccess);
        }

        await client.DisconnectAsync(new MqttClientDisconnectOptions(), None);
    }

    private async Task PostAsync(Device device, int first, int count)
    {
        using var client = ClientOf(device);
        for (var n = first; n < first + count; n++)
        {
            using var content = new StringContent(BodyOf(n));
            content.Headers.Add("iothub-contenttype", "application/json");
            if (n % 5 == 0)
                content.Headers.Add("iothub-app-room", "kitchen");
            using var answer = await client.PostAsync($"/devices/{device.Id.Value}/messages/events?api-version=2021-04-12", content, None);
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }
    }

    private async Task PostBatchAsync(Device device, int first, int count)
    {
        using var client = ClientOf(device);
        var items = Enumerable.Range(first, count).Select(n => new
        {
            body = Convert.ToBase64String(Encoding.UTF8.GetBytes(BodyOf(n))),
            properties = n % 5 == 0
                ? new Dictionary<string, string> { ["iothub-app-room"] = "kitchen", ["iothub-contenttype"] = "application/json" }
                : new Dictionary<string, string> { ["iothub-contenttype"] = "application/json" },
        });
        using var content = new StringContent(JsonSerializer.Serialize(items), MediaTypeHeaderValue.Parse("application/vnd.microsoft.iothub.json"));
        using var answer = await client.PostAsync($"/devices/{device.Id.Value}/messages/events?api-version=2021-04-12", content, None);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private HttpClient ClientOf(Device device)
    {
        var client = _hub.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", TokenOf(device));
        return client;
    }

    private static string TokenOf(Device device) => SharedAccessSignature.Create(
        $"{RunningHub.HostName}/devices/{device.Id.Value}", ((DeviceCredentials.SymmetricKeys)device.Credentials).Primary.ToBase64(),
        TimeProvider.System.GetUtcNow().AddHours(1));

    private static string BodyOf(int n) => string.Create(CultureInfo.InvariantCulture, $"{{\"text\":\"+&<ü>\",\"n\":{n}}}");

    private static int NumberOf(TelemetryItem item) => item.Body.GetProperty("n").GetInt32();

    private static IEnumerable<(int, long)> Keys(IEnumerable<TelemetryItem> items) => items.Select(item => (item.Partition, item.SequenceNumber)).Order();

    private async Task<List<TelemetryItem>> WalkAsync(string query)
    {
        using var client = _hub.CreateClientOf("service");
        var items = new List<TelemetryItem>();
        string? cursor = null;
        do
        {
            var page = (await client.GetFromJsonAsync<Page<TelemetryItem>>(
                $"{ApiRoutes.Telemetry}?{query}{(cursor is null ? string.Empty : $"&cursor={Uri.EscapeDataString(cursor)}")}", None))!;
            items.AddRange(page.Items);
            Assert.True(page.NextCursor is null || page.NextCursor != cursor, "The list does not go on: its cursor repeats.");
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        return items;
    }

    private static async Task<List<(string Id, TelemetryItem Item)>> ReadEventsAsync(StreamReader reader, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(None);
        patience.CancelAfter(Patience);
        var events = new List<(string, TelemetryItem)>();
        var id = string.Empty;
        while (events.Count < count && await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                events.Add((id, JsonSerializer.Deserialize<TelemetryItem>(line[6..], JsonSerializerOptions.Web)!));
        }

        return events;
    }

    private async Task<HubConnection> ConnectAsync(string query)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(_hub.Http, ApiRoutes.LiveHub + query), options =>
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
