using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

public sealed class TelemetryEndpointsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Query_PageByPage_ShowsWhatIsStored()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await host.CommitAsync(TestMessages.Append("d1", 1, TestMessages.Text("{\"t\":1.0}", "application/json"), TestMessages.Text("two"), TestMessages.Bytes([0xFF])));

        var first = await client.GetFromJsonAsync<JsonElement>("/api/v1/telemetry?deviceId=d1&limit=2", None);
        var second = await client.GetFromJsonAsync<Page<TelemetryItem>>($"/api/v1/telemetry?deviceId=d1&limit=2&cursor={first.GetProperty("nextCursor")}", None);

        var item = first.GetProperty("items")[0];
        Assert.Equal("0", item.GetProperty("sequenceNumber").GetString());
        Assert.Equal("{\"t\":1.0}", item.GetProperty("body").GetRawText());
        Assert.Equal("json", item.GetProperty("bodyEncoding").GetString());
        Assert.Equal("application/json", item.GetProperty("systemProperties").GetProperty("contentType").GetString());
        Assert.Equal((2, BodyEncoding.Base64), (Assert.Single(second!.Items).SequenceNumber, second.Items[0].BodyEncoding));
        Assert.Null(second.NextCursor);
    }

    [Fact]
    public async Task Body_OfAMessage_IsWhatTheDeviceSent()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await host.CommitAsync(TestMessages.Append("d1", 1, TestMessages.Text("{ \"t\" : 1.0 }", "application/json"), TestMessages.Bytes([0xFF, 0])));

        using var json = await client.GetAsync("/api/v1/telemetry/1/0/body", None);

        Assert.Equal("{ \"t\" : 1.0 }", await json.Content.ReadAsStringAsync(None));
        Assert.Equal("application/octet-stream", json.Content.Headers.ContentType!.MediaType);
        Assert.Equal([0xFF, 0], await client.GetByteArrayAsync("/api/v1/telemetry/1/1/body", None));
        foreach (var none in (string[])["1/2", "0/0", "1/-1", "99/0", "-1/0"])
        {
            using var answer = await client.GetAsync($"/api/v1/telemetry/{none}/body", None);
            Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        }
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("partition=4")]
    [InlineData("partition=-1")]
    [InlineData("after=1")]
    [InlineData("partition=0&after=-2")]
    [InlineData("partition=0&after=9223372036854775808")]
    [InlineData("from=yesterday")]
    [InlineData("from=2026-01-02&to=2026-01-01")]
    [InlineData("order=up")]
    [InlineData("cursor=%00tampered")]
    [InlineData("deviceId=a/b")]
    [InlineData("deviceid=a&deviceId=b")]
    [InlineData("device=a")]
    public async Task H11_Query_BadParameter_IsRefused(string query)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.GetAsync($"/api/v1/telemetry?{query}", None);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(9_223_372_036_854_775_807, 0)]
    [InlineData(1, 1)]
    public async Task D10_PlaceAtOrBeyondTheEnd_IsAnEmptyPage(long after, int items)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await host.CommitAsync(TestMessages.Append("d1", 2, TestMessages.Text("0"), TestMessages.Text("1"), TestMessages.Text("2")));

        var page = await client.GetFromJsonAsync<Page<TelemetryItem>>($"/api/v1/telemetry?partition=2&after={after}", None);

        Assert.Equal((items, null), (page!.Items.Count, page.NextCursor));
    }

    [Fact]
    public async Task Stream_FromSequenceNumber_ShowsStoredThenNewWithIds()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await host.CommitAsync(TestMessages.Append("d1", 2, TestMessages.Text("0"), TestMessages.Text("1"), TestMessages.Text("line\nbreak")));

        using var reader = await OpenAsync(client, "/api/v1/telemetry/stream?partition=2&after=0");
        var stored = (await NextAsync(reader), await NextAsync(reader));
        await host.CommitAsync(TestMessages.Append("d2", 3, TestMessages.Text("elsewhere")), TestMessages.Append("d1", 2, TestMessages.Text("3")));
        var live = await NextAsync(reader);

        Assert.Equal(("2-1", "2-2", "2-3"), (stored.Item1.Id, stored.Item2.Id, live.Id));
        Assert.Equal("line\nbreak", stored.Item2.Data.GetProperty("body").GetString());
        Assert.Equal("3", live.Data.GetProperty("body").GetString());
    }

    [Fact]
    public async Task Stream_ComesBackWithLastEventId_ContinuesAfterIt()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        client.DefaultRequestHeaders.Add("Last-Event-ID", "2-1");
        await host.CommitAsync(TestMessages.Append("d1", 2, TestMessages.Text("0"), TestMessages.Text("1"), TestMessages.Text("2")));

        using var reader = await OpenAsync(client, "/api/v1/telemetry/stream");

        Assert.StartsWith("2-2,", (await NextAsync(reader)).Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ComesBackAfterAWhile_MissesNothingOfAnyPartition()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        string last;
        using (var before = await OpenAsync(client, "/api/v1/telemetry/stream"))
        {
            await host.CommitAsync(TestMessages.Append("d1", 2, TestMessages.Text("seen")));
            last = (await NextAsync(before)).Id!;
        }

        await host.CommitAsync(TestMessages.Append("d2", 1, TestMessages.Text("meanwhile")), TestMessages.Append("d1", 2, TestMessages.Text("too")));
        client.DefaultRequestHeaders.Add("Last-Event-ID", last);
        using var reader = await OpenAsync(client, "/api/v1/telemetry/stream");
        var bodies = new[] { (await NextAsync(reader)).Data.GetProperty("body").GetString(), (await NextAsync(reader)).Data.GetProperty("body").GetString() };

        Assert.Equal(["meanwhile", "too"], bodies.Order());
    }

    [Fact]
    public async Task Stream_FellBehindFromNow_SaysHowManyWereDropped()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        using var reader = await OpenAsync(client, "/api/v1/telemetry/stream?partition=0&q=needle");
        // Committed but never fed: what a subscriber sees that was too slow for them.
        await host.Log.AppendAsync([TestMessages.Append("d1", 0, TestMessages.Text("needle 0"), TestMessages.Text("needle 1"))], None);
        await host.CommitAsync(TestMessages.Append("d1", 0, TestMessages.Text("needle 2")));

        var dropped = await NextAsync(reader);
        var next = await NextAsync(reader);

        Assert.Equal(("dropped", "2"), (dropped.Event, dropped.Data.GetProperty("dropped").GetString()));
        Assert.Equal("0-2", next.Id);
    }

    [Fact]
    public async Task Stream_TokenExpires_Ends()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        client.DefaultRequestHeaders.Add(ApiHost.ExpiresHeader, "1");
        using var reader = await OpenAsync(client, "/api/v1/telemetry/stream");

        Assert.Equal(string.Empty, (await reader.ReadToEndAsync(None).WaitAsync(Patience, None)).Trim());
    }

    [Fact]
    public async Task Stream_HubStops_Ends()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        using var reader = await OpenAsync(client, "/api/v1/telemetry/stream");

        await host.App.StopAsync(None).WaitAsync(Patience, None);

        Assert.Equal(string.Empty, (await reader.ReadToEndAsync(None).WaitAsync(Patience, None)).Trim());
    }

    [Theory]
    [InlineData("order=asc")]
    [InlineData("after=3")]
    [InlineData("partition=9")]
    public async Task Stream_BadParameter_IsRefused(string query)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.GetAsync($"/api/v1/telemetry/stream?{query}", None);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static async Task<StreamReader> OpenAsync(HttpClient client, string path)
    {
        var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, None);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(None), Encoding.UTF8);
        Assert.Equal(": connected", await reader.ReadLineAsync(None).AsTask().WaitAsync(Patience, None));
        return reader;
    }

    private static async Task<(string? Id, string? Event, JsonElement Data)> NextAsync(StreamReader reader)
    {
        string? id = null, name = null;
        while (true)
        {
            var line = await reader.ReadLineAsync(None).AsTask().WaitAsync(Patience, None) ?? throw new EndOfStreamException();
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                return (id, name, JsonDocument.Parse(line[6..]).RootElement);
        }
    }
}
