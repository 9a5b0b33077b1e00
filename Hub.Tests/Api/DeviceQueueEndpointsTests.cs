using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

public sealed class DeviceQueueEndpointsTests
{
    private static readonly DeviceId Id = DeviceId.Parse("d1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queue_IsLookedInto_ComesInOrderByPageAndStaysAsItWas()
    {
        await using var host = await StartAsync(3);
        using var client = host.AdminClient();
        await host.Get<DeviceBoundQueue>().LeaseAsync(Id, "1", 1, null, "there", Token);

        var first = await client.GetFromJsonAsync<JsonElement>("/api/v1/devices/d1/c2d?limit=2", Token);
        var second = await client.GetFromJsonAsync<JsonElement>($"/api/v1/devices/d1/c2d?limit=2&cursor={first.GetProperty("nextCursor").GetString()}", Token);

        Assert.Equal(["1 Invisible 1", "2 Enqueued 0"], first.GetProperty("items").EnumerateArray().Select(LineOf));
        Assert.Equal(["3 Enqueued 0"], second.GetProperty("items").EnumerateArray().Select(LineOf));
        Assert.Equal((JsonValueKind.Null, 50), (second.GetProperty("nextCursor").ValueKind, second.GetProperty("maxDepth").GetInt32()));
        Assert.Equal(["3 Enqueued 0", "2 Enqueued 0", "1 Invisible 1"], (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d", Token)).GetProperty("items").EnumerateArray().Select(LineOf));
    }

    [Theory]
    [InlineData("/api/v1/devices/unknown/c2d", 404, "There is no device unknown.")]
    [InlineData("/api/v1/devices/d1/c2d?cursor=x", 400, "The cursor is not one")]
    [InlineData("/api/v1/devices/d1/c2d?state=x", 400, "There is no parameter state here")]
    [InlineData("/api/v1/c2d/4711/why", 404, "There is no such message")]
    public async Task Get_Bad_IsRefusedInASentence(string path, int status, string sentence)
    {
        await using var host = await StartAsync(1);
        using var client = host.AdminClient();

        using var answer = await client.GetAsync(path, Token);

        Assert.Equal(status, (int)answer.StatusCode);
        var detail = (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString();
        // The double's cursors are numbers, the store's are sealed; both refuse in the same words.
        Assert.Contains(sentence, detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_DeviceWasNeverThere_SaysSoAndWhatIsAhead()
    {
        await using var host = await StartAsync(2);
        using var client = host.AdminClient();

        var why = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/2/why", Token);

        Assert.Equal(["NeverConnected", "Ahead", "Expires"], why.GetProperty("facts").EnumerateArray().Select(fact => fact.GetProperty("kind").GetString()));
        Assert.Equal("One message is ahead of it.", why.GetProperty("facts")[1].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Note_IsALineOfTheHistoryAndChangesNothingElse()
    {
        await using var host = await StartAsync(1);
        using var client = host.AdminClient();

        using var answer = await PostAsync(client, "/api/v1/c2d/1/notes", """{"text":"  asked the customer  "}""");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var message = await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/1", Token);
        Assert.Equal("Enqueued", message.GetProperty("state").GetString());
        var line = message.GetProperty("history")[1];
        Assert.Equal(("Noted", "asked the customer"), (line.GetProperty("event").GetString(), line.GetProperty("detail").GetString()));
    }

    [Theory]
    [InlineData("/api/v1/c2d/1/notes", """{"text":" "}""", 400)]
    [InlineData("/api/v1/c2d/1/notes", """{"text":null}""", 400)]
    [InlineData("/api/v1/c2d/1/notes", "{}", 400)]
    [InlineData("/api/v1/c2d/4711/notes", """{"text":"x"}""", 404)]
    public async Task Note_Bad_IsRefused(string path, string body, int status)
    {
        await using var host = await StartAsync(1);
        using var client = host.AdminClient();

        using var answer = await PostAsync(client, path, body);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(1, (await client.GetFromJsonAsync<JsonElement>("/api/v1/c2d/1", Token)).GetProperty("history").GetArrayLength());
    }

    private static async Task<ApiHost> StartAsync(int messages)
    {
        var host = await ApiHost.StartAsync();
        await host.Devices.TryAddAsync(Devices.New("d1"), Token);
        for (var i = 0; i < messages; i++)
            await host.Get<DeviceBoundQueue>().EnqueueAsync(DeviceBound.Draft(Id, $"{i}"), Token);
        return host;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body) =>
        client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Token);

    private static string LineOf(JsonElement item) =>
        $"{item.GetProperty("id").GetString()} {item.GetProperty("state").GetString()} {item.GetProperty("deliveryCount").GetRawText()}";
}
