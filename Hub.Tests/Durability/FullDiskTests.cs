using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Durability;

/// <summary>
/// P-1, P-3, D3, R3: a full disk under the running hub. Nothing is acknowledged that is not stored, who sends is told, reads go on, and
/// it resumes by itself. Once with the mark, which stops ingest in time, and once without, where commits fail.
/// </summary>
public sealed class FullDiskTests
{
    private const int Partitions = 4;

    private static readonly string[] Settings = ["--Hub:Protocols:Mqtt:StoreUnavailableGrace=00:00:02"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [Trait("Promise", "P-1")]
    [Trait("Promise", "P-8")]
    public async Task D3_R3_DiskFull_AcknowledgesNothingServesReadsAndResumesByItself(string stopBelow)
    {
        await using var volume = await SmallVolume.MountAsync();
        var data = Path.Combine(volume.Path, "data");
        await using var hub = await HubProcess.StartAsync(data, null, [.. Settings, "--Hub:Storage:StopBelow=" + stopBelow]);
        var owner = await HubOwner.OfAsync(data);
        using var client = owner.CreateClient(hub);
        var mqtt = new MqttWriter("mqtt", await HubOwner.CreateDeviceAsync(client, "mqtt"), window: 20, filler: 500);
        var http = new HttpWriter("http", await HubOwner.CreateDeviceAsync(client, "http"), filler: 500);
        var key5 = await HubOwner.CreateDeviceAsync(client, "mqtt5");
        Assert.True(await mqtt.SendAsync(hub, 100, Token));
        Assert.True(await http.SendAsync(hub, 20, Token));
        await using var mqtt5 = await ConnectAsync(hub, key5);

        // 1. Full: the hub closes 3.1.1 connections, and no more is acknowledged than is stored.
        volume.Fill();
        Assert.False(await mqtt.SendAsync(hub, int.MaxValue, Token));
        await hub.WaitForHealthAsync(healthy: false);
        await AssertRefusedAsync(hub, http, client, mqtt5);
        await AssertReadableAsync(client, mqtt, http);

        // 2. Room again: it resumes by itself.
        volume.MakeRoom();
        var watch = Stopwatch.StartNew();
        await hub.WaitForHealthAsync(healthy: true);
        Print($"Resumed {watch.Elapsed.TotalSeconds:0.0} s after there was room; {mqtt.Acknowledged} were acknowledged before.");
        Assert.True(await mqtt.SendAsync(hub, mqtt.Acknowledged + 100, Token));
        Assert.True(await http.SendAsync(hub, http.Acknowledged + 20, Token));
        await AssertReadableAsync(client, mqtt, http);
        await AssertReasonInHistoryAsync(client);
    }

    [Fact]
    public async Task D3_StartOnAFullDisk_ServesReadsAndTakesMessagesOnceThereIsRoom()
    {
        await using var volume = await SmallVolume.MountAsync();
        var data = Path.Combine(volume.Path, "data");
        HubOwner owner;
        MqttWriter mqtt;
        await using (var hub = await HubProcess.StartAsync(data))
        {
            owner = await HubOwner.OfAsync(data);
            using var client = owner.CreateClient(hub);
            mqtt = new MqttWriter("mqtt", await HubOwner.CreateDeviceAsync(client, "mqtt"), window: 20, filler: 500);
            Assert.True(await mqtt.SendAsync(hub, 100, Token));
            await Eventually.TrueAsync(() => File.Exists(Path.Combine(data, "ballast")));
            await hub.KillAsync();
        }

        volume.Fill();
        await using var again = await HubProcess.StartUnreadyAsync(data);
        using var reader = owner.CreateClient(again);
        await AssertReadableAsync(reader, mqtt);
        volume.MakeRoom();
        await again.WaitForHealthAsync(healthy: true);
        Assert.True(await mqtt.SendAsync(again, 200, Token));
        await AssertReadableAsync(reader, mqtt);
    }

    [Fact]
    public async Task D3_StartWithoutAnyRoom_StopsWithASentence()
    {
        await using var volume = await SmallVolume.MountAsync();
        var data = Path.Combine(volume.Path, "data");
        await using (var hub = await HubProcess.StartAsync(data, null, "--Hub:Storage:StopBelow=0"))
            Assert.Equal(0, (await hub.TerminateAsync()).ExitCode);

        volume.Fill();
        var (code, output) = await HubProcess.RunToEndAsync(data);

        Assert.Equal(1, code);
        Assert.Contains("full", output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static async Task<RawMqtt> ConnectAsync(HubProcess hub, string key)
    {
        var mqtt = await RawMqtt.TcpAsync(hub.MqttPort);
        var token = SharedAccessSignature.Create("localhost/devices/mqtt5", key, TimeProvider.System.GetUtcNow().AddHours(1));
        await mqtt.SendAsync(MqttPackets.Connect("mqtt5", token, new ConnectOptions { Version5 = true }));
        Assert.Equal(0, MqttPackets.CodeOf(await mqtt.ReceiveAsync()));
        return mqtt;
    }

    private static async Task AssertRefusedAsync(HubProcess hub, HttpWriter http, HttpClient client, RawMqtt mqtt5)
    {
        // MQTT 5 is told 0x97 for what it had sent, or "server busy" when its connection is given up unread.
        await mqtt5.SendAsync(MqttPackets.Publish("devices/mqtt5/messages/events/", "refused", packetId: 1, properties: []));
        var told = await mqtt5.UntilClosedAsync();
        Assert.All(told, packet => Assert.True(packet[0] == 0x40 ? ReasonOf(packet, 2) == 0x97 : packet[0] == 0xE0 && ReasonOf(packet, 0) == 0x89));
        Assert.NotEmpty(told);

        using var post = new HttpRequestMessage(HttpMethod.Post, "/devices/http/messages/events?api-version=2021-04-12") { Content = new ByteArrayContent([1]) };
        post.Headers.Authorization = AuthenticationHeaderValue.Parse(http.Token);
        using var answer = await client.SendAsync(post, Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.False(await http.SendAsync(hub, http.Acknowledged + 1, Token));

        using var ready = await client.GetAsync("/health/ready", Token);
        Assert.Equal("Unhealthy", (await ready.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("checks").GetProperty("store").GetString());
        using var live = await client.GetAsync("/health/live", Token);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        using var portal = await client.GetAsync("/portal/", Token);
        Assert.Equal(HttpStatusCode.OK, portal.StatusCode);
    }

    /// <summary>Behind the fixed header, whose length has one byte or two.</summary>
    private static byte ReasonOf(byte[] packet, int offset) => packet[(packet[1] < 0x80 ? 2 : 3) + offset];

    /// <summary>All that was acknowledged can be read, in order.</summary>
    private static async Task AssertReadableAsync(HttpClient client, params HubWriter[] writers)
    {
        var ledger = new AckLedger();
        for (var partition = 0; partition < Partitions; partition++)
            await HubOwner.ReadAsync(client, partition, 0, ledger);
        foreach (var writer in writers)
            ledger.AssertHolds(writer.Device, writer.Acknowledged, "full disk");
    }

    private static async Task AssertReasonInHistoryAsync(HttpClient client)
    {
        var history = string.Empty;
        await Eventually.TrueAsync(async () =>
        {
            history = await client.GetStringAsync("/api/v1/devices/mqtt/connections", Token);
            return history.Contains("Disconnected", StringComparison.Ordinal);
        });
        Assert.True(
            history.Contains("Make room", StringComparison.Ordinal) || history.Contains("disk is full", StringComparison.Ordinal), history);
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
