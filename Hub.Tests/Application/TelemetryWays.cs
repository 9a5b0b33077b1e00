using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hub.Server.Registry;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>Messages on their whole way: in by MQTT and HTTPS, through the real store, and out to whoever asks.</summary>
public abstract class TelemetryWays : IAsyncLifetime
{
    protected const int PerDevice = 60;
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    protected static readonly CancellationToken None = TestContext.Current.CancellationToken;
    protected static readonly string[] Ids = ["by-mqtt", "by-http", "by-batch"];

    private protected RunningHub Running { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Running = await RunningHub.StartAsync();

    public ValueTask DisposeAsync() => Running.DisposeAsync();

    protected async Task SendAllAsync()
    {
        var devices = new List<Device>();
        foreach (var id in Ids)
            devices.Add(await Running.AddDeviceAsync(id));
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

    private protected async Task PostAsync(Device device, int first, int count)
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

    private protected async Task PostBatchAsync(Device device, int first, int count)
    {
        using var client = ClientOf(device);
        var items = Enumerable.Range(first, count).Select(n => new
        {
            body = Convert.ToBase64String(Encoding.UTF8.GetBytes(BodyOf(n))),
            properties = n % 5 == 0
                ? new Dictionary<string, string> { ["iothub-app-room"] = "kitchen", ["iothub-contenttype"] = "application/json" }
                : new Dictionary<string, string> { ["iothub-contenttype"] = "application/json" },
        });
        using var content = Contents.Bytes(JsonSerializer.Serialize(items), "application/vnd.microsoft.iothub.json");
        using var answer = await client.PostAsync($"/devices/{device.Id.Value}/messages/events?api-version=2021-04-12", content, None);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    protected async Task<List<TelemetryItem>> WalkAsync(string query)
    {
        using var client = Running.CreateClientOf("service");
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

    protected static int NumberOf(TelemetryItem item) => item.Body.GetProperty("n").GetInt32();

    protected static IEnumerable<(int, long)> Keys(IEnumerable<TelemetryItem> items) => items.Select(item => (item.Partition, item.SequenceNumber)).Order();

    private async Task PublishAsync(Device device)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Running.PortOf("mqtt")).WithClientId(device.Id.Value)
                .WithCredentials($"{RunningHub.HostName}/{device.Id.Value}/?api-version=2021-04-12", ContractServer.TokenOf(device)).Build(),
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

    private HttpClient ClientOf(Device device)
    {
        var client = Running.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", ContractServer.TokenOf(device));
        return client;
    }

    private static string BodyOf(int n) => string.Create(CultureInfo.InvariantCulture, $"{{\"text\":\"+&<ü>\",\"n\":{n}}}");
}
