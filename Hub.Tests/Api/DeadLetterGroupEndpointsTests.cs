using System.Net.Http.Json;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

public sealed class DeadLetterGroupEndpointsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "Rejected  bad json 3 2|Rejected   1 1")]
    [InlineData("?by=device", "Rejected d1  3 1|Rejected d2  1 1")]
    [InlineData("?by=deviceAndDescription&deviceId=d1", "Rejected d1 bad json 2 1|Rejected d1  1 1")]
    [InlineData("?reason=Expired", "")]
    [InlineData("?limit=1", "Rejected  bad json 3 2")]
    public async Task Groups_AreTheLargestFirst(string query, string groups)
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        var answer = await client.GetFromJsonAsync<JsonElement>("/api/v1/deadletters/groups" + query, Token);

        Assert.Equal(groups, string.Join('|', answer.GetProperty("items").EnumerateArray().Select(item =>
            $"{item.GetProperty("reason").GetString()} {item.GetProperty("deviceId").GetString()} {item.GetProperty("description").GetString()} {item.GetProperty("count").GetRawText()} {item.GetProperty("devices").GetRawText()}")));
        Assert.All(answer.GetProperty("items").EnumerateArray(), item => Assert.Equal(
            item.GetProperty("count").GetInt32(), item.GetProperty("trend").EnumerateArray().Sum(hour => hour.GetInt32())));
    }

    [Theory]
    [InlineData("", 4, 2)]
    [InlineData("?resubmitted=false", 4, 2)]
    [InlineData("?description=bad%20json&resubmitted=false", 3, 2)]
    [InlineData("?description=", 1, 1)]
    [InlineData("?q=body%202", 1, 1)]
    [InlineData("?deviceId=d2&reason=Rejected", 1, 1)]
    public async Task Count_SaysHowManyOfHowManyDevices(string query, int count, int devices)
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        var answer = await client.GetFromJsonAsync<JsonElement>("/api/v1/deadletters/count" + query, Token);

        Assert.Equal((count, devices, false), (answer.GetProperty("count").GetInt32(), answer.GetProperty("devices").GetInt32(), answer.GetProperty("isAtLeast").GetBoolean()));
        Assert.Equal(devices, answer.GetProperty("firstDevices").GetArrayLength());
    }

    [Fact]
    public async Task List_ByDescription_GivesThoseOnly()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        Assert.Equal(["4", "2", "1"], await IdsAsync(client, "/api/v1/deadletters?description=bad%20json"));
        Assert.Equal(["3"], await IdsAsync(client, "/api/v1/deadletters?description="));
    }

    [Fact]
    public async Task Export_WritesALineEachWithItsHistory()
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.GetAsync("/api/v1/deadletters/export?deviceId=d1", Token);

        Assert.Equal(("application/x-ndjson", "attachment"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.DispositionType));
        var lines = (await answer.Content.ReadAsStringAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(["3", "2", "1"], lines.Select(line => line.GetProperty("id").GetString()));
        Assert.All(lines, line => Assert.Equal("Rejected", line.GetProperty("history").EnumerateArray().Last().GetProperty("event").GetString()));
        Assert.Contains(host.Audit.Records, record => record is { Action: "deadletters.export", Detail: "dead letters of d1" });
    }

    [Theory]
    [InlineData("/api/v1/deadletters/groups?by=colour", "by is description or device or deviceAndDescription.")]
    [InlineData("/api/v1/deadletters/count?limit=3", "There is no parameter limit here")]
    [InlineData("/api/v1/deadletters/export?reason=Bad", "reason is")]
    public async Task Get_Bad_IsRefusedInASentence(string path, string sentence)
    {
        await using var host = await StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.GetAsync(path, Token);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(sentence, (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task<List<string?>> IdsAsync(HttpClient client, string path) =>
        [.. (await client.GetFromJsonAsync<JsonElement>(path, Token)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString())];

    /// <summary>Of d1 two were rejected as bad json and one without a word, of d2 one as bad json.</summary>
    private static async Task<ApiHost> StartAsync()
    {
        var host = await ApiHost.StartAsync();
        var queue = host.Get<DeviceBoundQueue>();
        foreach (var (name, index) in new[] { "d1", "d1", "d1", "d2" }.Select((name, index) => (name, index)))
        {
            var id = DeviceId.Parse(name);
            await host.Devices.TryAddAsync(Devices.New(name), Token);
            await queue.EnqueueAsync(DeviceBound.Draft(id, $"body {index}"), Token);
            var taken = Assert.Single(await queue.LeaseAsync(id, "1", 1, null, "there", Token));
            var settlement = DeviceBound.Settlement(SettlementKind.Reject, taken.Entry.Lock!.Token) with { Description = index == 2 ? null : "bad json" };
            await queue.SettleAsync(taken.Entry.Id, settlement, Token);
        }

        return host;
    }
}
