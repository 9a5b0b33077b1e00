using Hub.Server.Security.Operators;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace Hub.Tests.Portal;

/// <summary>The whole system as an operator meets it: the real hub, a real browser and a real MQTT client.</summary>
public sealed class BrowserTests
{
    private const string Chromium = "/usr/bin/chromium";
    private const string Password = "correct horse battery";
    private const string DeviceIdText = "pump-a%b=c@d,(e)";
    private const string Evil = "<img src=x onerror=document.title='ran'><script>document.title='ran'</script>";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Portal_FromSetUpToExport_WorksWithoutAnErrorInTheConsole()
    {
        Assert.SkipUnless(File.Exists(Chromium), "needs chromium");
        await using var hub = await HubFixture.StartAsync();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error")
                errors.Add(message.Text);
        };
        page.PageError += (_, error) => errors.Add(error);
        var portal = $"http://localhost:{hub.Port("http")}/portal/";

        await SetUpAsync(hub, page, portal);
        await CreateDeviceAsync(hub, page, portal);

        // The stream is watched by the page before the device speaks.
        await page.GotoAsync($"{portal}live");
        await page.Locator("[data-testid=live-status]:has-text('Live')").WaitForAsync();
        await using var client = await ConnectAsync(hub);
        await SendUntilSeenAsync(page, client);
        await FreezeAsync(page, client);
        await FilterAsync(page, client);
        await ExportAsync(page);
        await ShowsTextOnlyAsync(page, client);

        await page.Locator("nav a[href=devices]").ClickAsync();
        await page.Locator("[data-testid=device]").WaitForAsync();
        Assert.Empty(errors);
    }

    private static async Task SetUpAsync(HubFixture hub, IPage page, string portal)
    {
        await page.GotoAsync($"{portal}set-up?token={hub.Get<SetUpLink>().TokenToPrint}");
        await page.Locator("#new-password").FillAsync(Password);
        await page.Locator("#repeat-password").FillAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-testid=rate-chart]").WaitForAsync();
    }

    private static async Task CreateDeviceAsync(HubFixture hub, IPage page, string portal)
    {
        await page.GotoAsync($"{portal}devices?new=true");
        await page.Locator("[data-testid=device-id]").FillAsync(DeviceIdText);
        await page.Locator("[data-testid=create-submit]").ClickAsync();
        await page.Locator("[data-testid=snippet]").WaitForAsync();
        Assert.Equal(DeviceIdText, await page.Locator("h1").TextContentAsync());
        Assert.Equal(await File.ReadAllTextAsync(hub.CaPath, Token), await DownloadAsync(page, "[data-testid=download-ca]"));
    }

    private static async Task<string> DownloadAsync(IPage page, string link)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator(link).ClickAsync());
        return await File.ReadAllTextAsync((await download.PathAsync())!, Token);
    }

    private static async Task<RawMqtt> ConnectAsync(HubFixture hub)
    {
        var device = await hub.Get<Server.Registry.DeviceRegistry>().FindAsync(DeviceId.Parse(DeviceIdText), Token);
        return await RawMqtt.ConnectedAsync(hub, device!);
    }

    private static async Task SendAsync(RawMqtt client, string body, string properties = "")
    {
        await client.SendAsync(MqttPackets.Publish($"devices/{DeviceIdText}/messages/events/{properties}", body, packetId: 7, flags: 2));
        Assert.Equal(7, MqttPackets.IdOf(await client.ReceiveAsync()));
    }

    private static async Task SendUntilSeenAsync(IPage page, RawMqtt client)
    {
        const string json = "$.ct=application%2Fjson&$.ce=utf-8&kind=normal";
        await SendAsync(client, """{ "temp": 21.5 }""", json);
        var row = page.Locator("[data-testid=row]").First;
        await row.WaitForAsync();
        Assert.Contains("21.5", await row.TextContentAsync(), StringComparison.Ordinal);
        Assert.Contains(DeviceIdText, await row.TextContentAsync(), StringComparison.Ordinal);
    }

    private static async Task FreezeAsync(IPage page, RawMqtt client)
    {
        await page.Locator("[data-testid=row]").First.ClickAsync();
        await page.Locator("[data-testid=size]:has-text('16 bytes')").WaitForAsync();
        Assert.Equal("""{ "temp": 21.5 }""", await DownloadAsync(page, "[data-testid=download-body]"));
        await SendAsync(client, """{"temp":22}""", "$.ct=application%2Fjson&$.ce=utf-8&kind=alert");
        await page.Locator("[data-testid=pill]:has-text('1 new')").WaitForAsync();
        Assert.Equal(1, await page.Locator("[data-testid=row]").CountAsync());
        await page.Locator("[data-testid=pill]").ClickAsync();
        await page.Locator("[data-testid=row]").Nth(1).WaitForAsync();
    }

    private static async Task FilterAsync(IPage page, RawMqtt client)
    {
        await page.Keyboard.PressAsync("Escape");
        await page.Locator("[data-testid=filter-prop]").FillAsync("kind=alert");
        await page.Locator("[data-testid=filter-apply]").ClickAsync();
        await page.WaitForURLAsync(address => address.Contains("prop=kind%3Dalert", StringComparison.Ordinal));
        await page.Locator("[data-testid=live-status]:has-text('Live')").WaitForAsync();
        // Sent again until it is seen, since the new stream begins a moment after the address changed.
        await Eventually.TrueAsync(async () =>
        {
            await SendAsync(client, """{"temp":1}""", "$.ct=application%2Fjson&$.ce=utf-8&kind=normal");
            await SendAsync(client, """{"temp":99}""", "$.ct=application%2Fjson&$.ce=utf-8&kind=alert");
            return await page.Locator("[data-testid=row]").CountAsync() > 0;
        });
        Assert.All(await page.Locator("[data-testid=row]").AllTextContentsAsync(), text => Assert.Contains("99", text, StringComparison.Ordinal));
    }

    private static async Task ExportAsync(IPage page)
    {
        await page.Locator("[data-testid=export] summary").ClickAsync();
        var lines = (await DownloadAsync(page, "[data-testid=export-jsonl]")).TrimEnd('\n').Split('\n');
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Contains("\"temp\":99", line, StringComparison.Ordinal));
        await page.Keyboard.PressAsync("Escape");
    }

    private static async Task ShowsTextOnlyAsync(IPage page, RawMqtt client)
    {
        await SendAsync(client, Evil, "kind=alert");
        var row = page.Locator("[data-testid=row]:has-text('onerror')").First;
        await row.ClickAsync();
        await page.Locator("[data-testid=body-text]:has-text('onerror')").WaitForAsync();
        Assert.Equal(0, await page.Locator("img[src=x]").CountAsync());
        Assert.NotEqual("ran", await page.TitleAsync());
    }
}
