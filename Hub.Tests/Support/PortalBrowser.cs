using Microsoft.Playwright;
using Xunit;

namespace Hub.Tests.Support;

/// <summary>The portal of a hub in Debian's Chromium, signed in by keyboard. Collects what a clean page does not have: errors in the console.</summary>
internal sealed class PortalBrowser : IAsyncDisposable
{
    private const string Chromium = "/usr/bin/chromium";
    private const string Password = "correct horse battery";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private PortalBrowser(HubFixture hub, IPlaywright playwright, IBrowser browser, IPage page)
    {
        (Hub, _playwright, _browser, Page) = (hub, playwright, browser, page);
        Address = $"http://localhost:{hub.Port("http")}/portal/";
    }

    public HubFixture Hub { get; }

    public IPage Page { get; }

    public string Address { get; }

    public List<string> Errors { get; } = [];

    /// <summary>Starts a hub with an operator; skips the test where there is no Chromium.</summary>
    public static async Task<PortalBrowser> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Chromium), "needs chromium");
        var hub = await HubFixture.StartAsync($"--Hub:Portal:AdminPassword={Password}");
        var playwright = await Playwright.CreateAsync();
        var browser = await LaunchAsync(playwright);
        var page = await browser.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        var portal = new PortalBrowser(hub, playwright, browser, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error")
                portal.Errors.Add(message.Text);
        };
        page.PageError += (_, error) => portal.Errors.Add(error);
        return portal;
    }

    /// <summary>Debian's Chromium, without a window and without errands of its own.</summary>
    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
    {
        ExecutablePath = Chromium,
        Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });

    /// <summary>Opens a page of the portal; the sign-in page comes first and gets its answers from the keyboard alone.</summary>
    public async Task SignInAsync(string path)
    {
        await Page.GotoAsync(Address + path);
        await Page.Locator("#user-name:focus").WaitForAsync();
        await Page.Keyboard.TypeAsync("admin");
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.TypeAsync(Password);
        await Page.Keyboard.PressAsync("Enter");
        await Page.Locator("[data-testid=sign-out]").WaitForAsync();
    }

    public ILocator At(string testId) => Page.Locator($"[data-testid={testId}]");

    /// <summary>The first element of that kind with that text.</summary>
    public ILocator At(string testId, string text) => Page.Locator($"[data-testid={testId}]:has-text('{text}')").First;

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await Hub.DisposeAsync();
    }
}
