using System.Globalization;
using Hub.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace Hub.Tests.Portal;

/// <summary>What the live page offers beside its list, in a real browser and with a real device; and what a small screen makes of the pages.</summary>
public sealed class LiveToolsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Live_ColumnsChartBodyAndFiles_ShowWhatTheDeviceSent()
    {
        await using var portal = await PortalBrowser.StartAsync();
        await using var client = await ConnectAsync(portal);
        await portal.SignInAsync("live");
        await portal.At("live-status", "Live").WaitForAsync();
        await SendUntilAsync(portal, client, () => portal.At("row", "21.5").IsVisibleAsync());

        // 1. A column from the body, charted by one click.
        await portal.Page.Locator("[data-testid=columns] summary").ClickAsync();
        await portal.At("column-key").FillAsync("$.engine.temp");
        await portal.Page.Keyboard.PressAsync("Enter");
        await portal.Page.WaitForURLAsync(address => Uri.UnescapeDataString(address).Contains("col=$.engine.temp", StringComparison.Ordinal));
        await portal.Page.Locator("[data-testid=columns] summary").ClickAsync();
        await portal.At("chart-column").ClickAsync();
        await portal.At("chart", "engine.temp").WaitForAsync();
        await portal.At("close-chart").ClickAsync();

        // 2. The body as tree, text, hexadecimal and Base64; a value of the tree is charted by one click too.
        await portal.At("row").First.ClickAsync();
        await portal.At("live-status", "Standing still").WaitForAsync();
        await portal.Page.Locator("[data-testid=detail] :text-is('temp')").WaitForAsync();
        foreach (var (view, expected) in ((string, string)[])[("Text", "\"temp\""), ("Hex", "7b 22 65"), ("Base64", "eyJlbmdpbmUi")])
        {
            await portal.At("detail").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = view, Exact = true }).ClickAsync();
            await portal.At("body-text", expected).WaitForAsync();
        }

        await portal.At("detail").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Tree", Exact = true }).ClickAsync();
        await portal.At("chart-value").First.ClickAsync();
        await portal.At("chart", "engine.temp").WaitForAsync();
        await portal.At("close-chart").ClickAsync();
        await portal.At("close-detail").ClickAsync();

        // 3. How fast it comes, and the list as a file for a spreadsheet.
        foreach (var figure in (string[])["rate-in", "rate-shown", "sampled", "missed"])
            Assert.Matches("^[0-9]", await portal.At(figure).InnerTextAsync());
        await portal.Page.Locator("[data-testid=export] summary").ClickAsync();
        var download = await portal.Page.RunAndWaitForDownloadAsync(() => portal.At("export-csv").ClickAsync());
        var csv = await File.ReadAllLinesAsync(await download.PathAsync(), Token);
        Assert.Contains("$.engine.temp", csv[0], StringComparison.Ordinal);
        Assert.Contains(csv[1..], line => line.Contains("21.5", StringComparison.Ordinal));

        // 4. What is open stands in the address: a colleague who gets it, or a reload, sees the same message and chart.
        await portal.At("row").First.ClickAsync();
        await portal.At("chart-value").First.ClickAsync();
        await portal.At("chart", "engine.temp").WaitForAsync();
        var heading = await portal.At("detail").GetByRole(AriaRole.Heading).First.InnerTextAsync();
        await portal.Page.ReloadAsync();
        await portal.At("chart", "engine.temp").WaitForAsync();
        await portal.At("detail", heading).WaitForAsync();
        await portal.Page.Keyboard.PressAsync("Escape");
        await portal.At("detail").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
        await portal.Page.WaitForURLAsync(address => !address.Contains("message=", StringComparison.Ordinal));
        Assert.Empty(portal.Errors);
    }

    [Fact]
    public async Task Live_ScrolledUp_StandsStillUntilItsEndIsReachedAndKeepsWhatIsSelectedInSight()
    {
        await using var portal = await PortalBrowser.StartAsync();
        await using var client = await ConnectAsync(portal);
        await portal.SignInAsync("live");
        await portal.At("live-status", "Live").WaitForAsync();
        await SendUntilAsync(portal, client, async () => await portal.At("row").CountAsync() >= 20 && await IsScrollableAsync(portal));

        await portal.At("grid").HoverAsync();
        await portal.Page.Mouse.WheelAsync(0, -200);
        await portal.At("live-status", "Standing still").WaitForAsync();
        await SendAsync(client, 99);
        // How many is not said: what was sent before may have come only after the wheel.
        await portal.At("pill", "new").WaitForAsync();
        Assert.False(await portal.At("row", "99.5").IsVisibleAsync());

        await portal.At("pill").ClickAsync();
        await portal.At("row", "99.5").WaitForAsync();
        await portal.At("live-status", "Live").WaitForAsync();

        // The newest row stands at the end, from which a chart takes its room.
        await portal.At("row", "99.5").ClickAsync();
        await portal.At("chart-value").First.ClickAsync();
        await portal.At("chart", "engine.temp").WaitForAsync();
        await Eventually.TrueAsync(() => portal.Page.EvaluateAsync<bool>(
            "() => document.querySelector('[aria-selected=true]').getBoundingClientRect().bottom <= document.querySelector('[data-testid=chart]').getBoundingClientRect().top"));
    }

    [Fact]
    public async Task Theme_FollowsTheSystemUntilOneIsChosen()
    {
        await using var portal = await PortalBrowser.StartAsync();
        await portal.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await portal.SignInAsync(string.Empty);
        await ThemeIsAsync(portal, "dark");

        await portal.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Light });
        await ThemeIsAsync(portal, "light");
        await portal.At("theme").ClickAsync();
        await portal.At("theme").ClickAsync();
        await ThemeIsAsync(portal, "dark");

        await portal.Page.ReloadAsync();
        await portal.At("sign-out").WaitForAsync();
        await ThemeIsAsync(portal, "dark");
        await portal.At("theme").ClickAsync();
        await ThemeIsAsync(portal, "light");
    }

    [Fact]
    public async Task SmallScreen_FiltersFoldAndEntriesAreParagraphs_NothingIsCutOff()
    {
        await using var portal = await PortalBrowser.StartAsync();
        await portal.Page.SetViewportSizeAsync(390, 844);
        await portal.SignInAsync("live");
        await portal.At("filter-q").WaitForAsync();
        Assert.False(await portal.At("filter-device").IsVisibleAsync());
        Assert.True(await portal.At("filter-apply").IsVisibleAsync());
        await portal.At("filter-more").ClickAsync();
        await portal.At("filter-device").WaitForAsync();

        await portal.Page.GotoAsync(portal.Address + "activity");
        await portal.At("entry").First.WaitForAsync();
        Assert.Equal(1, await portal.Page.GetByRole(AriaRole.Table).CountAsync());
        Assert.True(await portal.Page.GetByRole(AriaRole.Cell).CountAsync() >= 7);
        foreach (var path in (string[])["", "devices", "live", "history", "activity", "refusals"])
        {
            await portal.Page.GotoAsync(portal.Address + path);
            await portal.Page.Locator("main h1").WaitForAsync();
            var (width, room) = (await WidthAsync(portal, "scrollWidth"), await WidthAsync(portal, "clientWidth"));
            Assert.True(width <= room, $"/{path} is {width} px wide and has {room}.");
        }
    }

    private static Task<int> WidthAsync(PortalBrowser portal, string which) =>
        portal.Page.EvaluateAsync<int>($"() => document.getElementById('content').{which}");

    private static Task<bool> IsScrollableAsync(PortalBrowser portal) => portal.Page.EvaluateAsync<bool>(
        "() => { const grid = document.querySelector('[data-testid=grid]'); return grid.scrollHeight > grid.clientHeight + 400; }");

    private static Task ThemeIsAsync(PortalBrowser portal, string theme) => portal.Page.Locator($"html[data-theme={theme}]").WaitForAsync();

    private static async Task<RawMqtt> ConnectAsync(PortalBrowser portal) =>
        await RawMqtt.ConnectedAsync(portal.Hub, await portal.Hub.AddDeviceAsync("pump-1"));

    // A stream begins a moment after the page says that it is live.
    private static Task SendUntilAsync(PortalBrowser portal, RawMqtt client, Func<Task<bool>> seen) => Eventually.TrueAsync(async () =>
    {
        await SendAsync(client, 21);
        return await seen();
    });

    private static async Task SendAsync(RawMqtt client, int degrees)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $$$"""{"engine":{"temp":{{{degrees}}}.5}}""");
        await client.SendAsync(MqttPackets.Publish("devices/pump-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8", body, packetId: 7, flags: 2));
        Assert.Equal(7, MqttPackets.IdOf(await client.ReceiveAsync()));
    }
}
