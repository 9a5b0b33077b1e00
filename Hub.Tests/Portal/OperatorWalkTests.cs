using Hub.Server.Registry;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.Playwright;
using Xunit;

namespace Hub.Tests.Portal;

/// <summary>What an operator does on a working day, in a real browser: the registry with the mouse, the stream with the keyboard alone.</summary>
public sealed class OperatorWalkTests
{
    private const int Devices = 60;

    [Fact]
    public async Task Registry_SearchedPagedDisabledRotatedDeleted_DoesWhatItSays()
    {
        await using var portal = await PortalBrowser.StartAsync();
        for (var i = 0; i < Devices; i++)
            await portal.Hub.AddDeviceAsync($"meter-{i:00}");
        await portal.SignInAsync("devices");

        await TurnPageAsync(portal);
        await SearchAsync(portal);
        await UseRowMenuAsync(portal);
        await RotateThenDisableAsync(portal);
        Assert.Empty(portal.Errors);
    }

    [Fact]
    public async Task Live_ByKeyboardAlone_FromSignInToDetailAndOverARestart()
    {
        await using var portal = await PortalBrowser.StartAsync();
        await portal.SignInAsync(string.Empty);

        var device = await CreateByKeyboardAsync(portal);
        await EveryStopShowsItsFocusAsync(portal, stops: 30);
        await portal.Page.Keyboard.PressAsync("?");
        await portal.At("help").WaitForAsync();
        await EveryStopShowsItsFocusAsync(portal, stops: 4);
        await portal.Page.Keyboard.PressAsync("Escape");
        await portal.At("help").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await Eventually.TrueAsync(async () =>
        {
            await portal.Page.Keyboard.PressAsync("w");
            return await portal.At("live-page").IsVisibleAsync();
        });
        await portal.At("live-status", "Live").WaitForAsync();
        await using (var client = await RawMqtt.ConnectedAsync(portal.Hub, device))
        {
            await SendUntilSeenAsync(portal, client, "first");
            await PauseAsync(portal, client);
            await OpenDetailAsync(portal, client);
        }

        Assert.Empty(portal.Errors);
        await RestartAsync(portal, device);
    }

    private static async Task TurnPageAsync(PortalBrowser portal)
    {
        await portal.At("device", "meter-00").WaitForAsync();
        await portal.At("next").ClickAsync();
        await portal.At("device", "meter-50").WaitForAsync();
        Assert.Equal(Devices - 50, await portal.At("device").CountAsync());
        Assert.Equal(0, await portal.Page.EvaluateAsync<double>("document.getElementById('content').scrollTop"));
        await portal.At("previous").ClickAsync();
        await portal.At("device", "meter-00").WaitForAsync();
    }

    private static async Task SearchAsync(PortalBrowser portal)
    {
        await portal.Page.Keyboard.PressAsync("/");
        await portal.Page.Keyboard.TypeAsync("METER-0");
        await portal.At("count", "10 devices").WaitForAsync();
        Assert.EndsWith("?q=METER-0", portal.Page.Url, StringComparison.Ordinal);
    }

    private static async Task UseRowMenuAsync(PortalBrowser portal)
    {
        var row = portal.At("device", "meter-03");
        await row.Locator("[data-testid=menu]").ClickAsync();
        await portal.At("menu-disable").ClickAsync();
        await portal.At("confirm-reason").FillAsync("flooded cellar");
        await portal.At("confirm-yes").ClickAsync();
        await row.Locator(".tag[title='flooded cellar']").WaitForAsync();

        await portal.At("status").SelectOptionAsync("disabled");
        await portal.At("count", "1 device").WaitForAsync();
        await row.Locator("[data-testid=menu]").ClickAsync();
        await portal.At("menu-delete").ClickAsync();
        await portal.At("confirm-cancel").WaitForAsync();
        await portal.Page.Keyboard.PressAsync("Escape");
        // Escape does nothing but close, and the focus is where it was.
        await row.Locator("[data-testid=menu]:focus").WaitForAsync();
        // By keyboard alone: the enter that chooses is not taken for the dialog's own button.
        await portal.Page.Keyboard.PressAsync("Enter");
        await portal.Page.Locator("[role=menuitem]:focus").WaitForAsync();
        await portal.Page.Keyboard.PressAsync("ArrowDown");
        await portal.Page.Locator("[data-testid=menu-enable]:focus").WaitForAsync();
        await portal.Page.Keyboard.PressAsync("ArrowDown");
        await portal.Page.Locator("[data-testid=menu-delete]:focus").WaitForAsync();
        await portal.Page.Keyboard.PressAsync("Enter");
        await portal.Page.Locator("[data-testid=confirm-cancel]:focus").WaitForAsync();
        await portal.At("confirm-yes").ClickAsync();
        await portal.At("empty").WaitForAsync();
        Assert.Null(await portal.Hub.Get<DeviceRegistry>().FindAsync(DeviceId.Parse("meter-03"), TestContext.Current.CancellationToken));
    }

    private static async Task RotateThenDisableAsync(PortalBrowser portal)
    {
        await portal.Page.GotoAsync(portal.Address + "devices/meter-04");
        await portal.At("show-keys").ClickAsync();
        var primary = portal.At("primary-key");
        await primary.Locator("[data-testid=reveal]").ClickAsync();
        var before = await primary.Locator("[data-testid=secret]").TextContentAsync();
        await portal.At("rotate-primary").ClickAsync();
        await portal.At("confirm-yes").ClickAsync();
        await Eventually.TrueAsync(async () => await primary.Locator("[data-testid=secret]").TextContentAsync() != before);
        await portal.At("confirm").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });

        // The rotation made another version of the registration; the page must know it.
        await portal.At("disable").ClickAsync();
        await portal.At("confirm-yes").ClickAsync();
        await portal.At("disabled-tag").WaitForAsync();
        await portal.At("enable").ClickAsync();
        await portal.At("disable").WaitForAsync();
        await portal.At("delete").ClickAsync();
        await portal.At("confirm-yes").ClickAsync();
        await portal.At("count", $"{Devices - 2} devices").WaitForAsync();
    }

    private static async Task<Device> CreateByKeyboardAsync(PortalBrowser portal)
    {
        var keys = portal.Page.Keyboard;
        await portal.At("rate-chart").WaitForAsync();
        // Shortcuts are taken a moment after the page is drawn: pressed again until they are.
        await Eventually.TrueAsync(async () =>
        {
            await keys.PressAsync("g");
            await keys.PressAsync("d");
            return await portal.At("create").IsVisibleAsync();
        });
        await Eventually.TrueAsync(async () =>
        {
            await keys.PressAsync("n");
            return await portal.At("device-id").IsVisibleAsync();
        });
        await portal.At("device-id").ClearAsync();
        await portal.Page.Locator("#device-id:focus").WaitForAsync();
        await keys.TypeAsync("pump-1");
        await keys.PressAsync("Enter");
        await portal.At("snippet").WaitForAsync();
        var device = await portal.Hub.Get<DeviceRegistry>().FindAsync(DeviceId.Parse("pump-1"), TestContext.Current.CancellationToken);
        return Assert.IsType<Device>(device);
    }

    /// <summary>Goes on by Tab: whoever has no pointer must see where they are.</summary>
    private static async Task EveryStopShowsItsFocusAsync(PortalBrowser portal, int stops)
    {
        var bare = new List<string>();
        for (var stop = 0; stop < stops; stop++)
        {
            await portal.Page.Keyboard.PressAsync("Tab");
            var focus = await portal.Page.EvaluateAsync<string>(
                "() => { const a = document.activeElement; return getComputedStyle(a).outlineStyle + ' ' + a.outerHTML.slice(0, 120); }");
            if (focus.StartsWith("none", StringComparison.Ordinal) && !focus.StartsWith("none <body", StringComparison.Ordinal))
                bare.Add(focus);
        }

        Assert.Empty(bare);
    }

    private static async Task PauseAsync(PortalBrowser portal, RawMqtt client)
    {
        await portal.Page.Keyboard.PressAsync("Space");
        await portal.At("live-status", "Paused").WaitForAsync();
        await SendAsync(client, "second");
        await portal.At("pill", "1 new").WaitForAsync();
        Assert.False(await portal.At("row", "second").IsVisibleAsync());
        await portal.Page.Keyboard.PressAsync("Space");
        await portal.At("row", "second").WaitForAsync();
    }

    private static async Task OpenDetailAsync(PortalBrowser portal, RawMqtt client)
    {
        await portal.Page.Keyboard.PressAsync("k");
        await portal.At("detail").WaitForAsync();
        await portal.At("live-status", "Standing still").WaitForAsync();
        await SendAsync(client, "third");
        await portal.At("pill", "1 new").WaitForAsync();
        await portal.Page.Keyboard.PressAsync("Escape");
        await portal.At("detail").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await portal.Page.Keyboard.PressAsync("End");
        await portal.At("row", "third").WaitForAsync();
    }

    private static async Task RestartAsync(PortalBrowser portal, Device device)
    {
        // At the same address, so that the page finds the hub again by itself.
        var http = portal.Hub.Port("http");
        await portal.Hub.StopAsync();
        await portal.At("live-status", "Connection lost").WaitForAsync();
        await portal.Hub.RestartAsync($"--Hub:Endpoints:Http=http://127.0.0.1:{http}");
        await portal.At("live-status", "Live").WaitForAsync();
        await using var client = await RawMqtt.ConnectedAsync(portal.Hub, device);
        await SendUntilSeenAsync(portal, client, "after the restart");
        await portal.At("row", "third").WaitForAsync();
    }

    private static async Task SendAsync(RawMqtt client, string text)
    {
        var body = $$"""{"say":"{{text}}"}""";
        await client.SendAsync(MqttPackets.Publish("devices/pump-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8", body, packetId: 7, flags: 2));
        Assert.Equal(7, MqttPackets.IdOf(await client.ReceiveAsync()));
    }

    // Again until one is seen, since a stream begins a moment after the page says that it is live; then to the last, so that none comes later.
    private static async Task SendUntilSeenAsync(PortalBrowser portal, RawMqtt client, string text)
    {
        var sent = 0;
        await Eventually.TrueAsync(async () =>
        {
            await SendAsync(client, $"{text} {++sent}.");
            return await portal.At("row", text).IsVisibleAsync();
        });
        await portal.At("row", $"{text} {sent}.").WaitForAsync();
    }
}
