using System.Net.Http.Json;
using System.Text.Json;
using Hub.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>The API's description, and the page that shows it, as a browser takes them.</summary>
public sealed class DocsPageTests
{
    private const string Browser = "/usr/bin/chromium";
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_InABrowser_ShowsTheApiUnderItsContentPolicy()
    {
        Assert.SkipUnless(File.Exists(Browser), "chromium is not installed.");
        await using var hub = await RunningHub.StartAsync();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Browser, Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync();
        var complaints = new List<string>();
        var elsewhere = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                complaints.Add($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => complaints.Add($"failure: {error}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(hub.Http.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)
                && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                elsewhere.Add(request.Url);
        };

        var answer = await page.GotoAsync($"{hub.Http}docs/", new() { Timeout = 60_000 });
        await page.GetByText("List devices").First.WaitForAsync(new() { Timeout = 60_000 });

        await AssertShowsNothingOfTheMakerAsync(page);
        var policy = (await answer!.AllHeadersAsync())["content-security-policy"];
        Assert.Matches("script-src 'self' 'nonce-[A-Za-z0-9+/=]{24}' 'wasm-unsafe-eval'", policy);
        Assert.DoesNotContain("'unsafe-eval'", policy, StringComparison.Ordinal);
        Assert.Empty(complaints);
        Assert.Empty(elsewhere);
    }

    [Fact]
    public async Task Page_AsServed_TurnsTheMakersToolsOff()
    {
        await using var hub = await RunningHub.StartAsync();
        using var client = hub.CreateClient();

        var page = await client.GetStringAsync("/docs/", None);

        Assert.Matches("\"showDeveloperTools\":\\s*\"never\"", page);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
    }

    [Fact]
    public async Task Page_AskedTwice_HasAnotherNumberEachTime()
    {
        await using var hub = await RunningHub.StartAsync();
        using var client = hub.CreateClient();

        using var first = await client.GetAsync("/docs/", None);
        using var second = await client.GetAsync("/docs/", None);

        Assert.NotEqual(first.Headers.GetValues("Content-Security-Policy").Single(), second.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task Description_IsWholeAndLeadsNowhereWrong()
    {
        await using var hub = await RunningHub.StartAsync();
        using var client = hub.CreateClient();

        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", None);

        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(document.GetProperty("components").GetProperty("securitySchemes").TryGetProperty("SharedAccessSignature", out _));
        var ids = new HashSet<string>();
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            Assert.StartsWith("/api/v1/", path.Name, StringComparison.Ordinal);
            foreach (var operation in path.Value.EnumerateObject())
            {
                Assert.True(ids.Add(operation.Value.GetProperty("operationId").GetString()!), path.Name);
                Assert.NotEmpty(operation.Value.GetProperty("responses").EnumerateObject());
            }
        }

        Assert.Subset(ids, new HashSet<string> { "ListDevices", "PutDevice", "QueryTelemetry", "StreamTelemetry", "GetOverview", "GetHub", "ListAudit", "signIn" });
        // Every reference has its target.
        foreach (var reference in References(document))
        {
            var target = document;
            foreach (var part in reference.TrimStart('#', '/').Split('/'))
                Assert.True(target.TryGetProperty(part.Replace("~1", "/", StringComparison.Ordinal), out target), reference);
        }
    }

    /// <summary>Neither its tools nor a link that leads off the machine can be seen.</summary>
    private static async Task AssertShowsNothingOfTheMakerAsync(IPage page)
    {
        foreach (var words in (string[])["Developer Tools", "Configure", "Share", "Generate SDK", "Deploy", "Powered by"])
            Assert.Equal((words, false), (words, await page.GetByText(words, new() { Exact = true }).Filter(new() { Visible = true }).CountAsync() > 0));
        var away = await page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('a')].filter(a => a.href.startsWith('http') && a.host !== location.host && a.getClientRects().length > 0).map(a => a.href)");
        Assert.Empty(away);
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
