using System.Net;
using Bunit;
using Hub.Portal.Devices;
using Hub.Portal.Shell;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

public sealed class DevicesPageTests : PageContext
{
    private const string Listed = $"GET {ApiRoutes.Devices}";
    private const string Changed = $"PUT {ApiRoutes.Devices}/d1";
    private const string Deleted = $"DELETE {ApiRoutes.Devices}/d1";

    public DevicesPageTests() => HubApi.Answer(Listed, PageOf(Device("d1")));

    [Fact]
    public void Render_HubHasNotAnsweredYet_SaysThatItIsBusy()
    {
        var answer = HubApi.Hold(Listed);
        var (page, _) = RenderAt("devices");
        Assert.NotNull(page.Find("table").Closest("[aria-busy=true]"));
        Assert.Empty(page.FindAll("[data-testid=empty]"));

        answer.SetResult(FakeHubApi.Response(PageOf(Device("d1"))));

        page.WaitForElement("[data-testid=device]");
        Assert.NotNull(page.Find("table").Closest("[aria-busy=false]"));
    }

    [Fact]
    public void Render_Devices_ShowsEachWithItsStateAndLeadsToIt()
    {
        HubApi.Answer(Listed, PageOf(
            Device("a%b") with { ConnectionState = ConnectionState.Connected, Protocol = "MQTT", Tags = new Dictionary<string, string> { ["site"] = "north" } },
            Device("c") with { Status = DeviceStatus.Disabled, AuthenticationType = AuthenticationType.SelfSigned }));

        var (page, _) = RenderAt("devices");

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=device]").Count));
        Assert.Equal("2 devices", page.Find("[data-testid=count]").TextContent);
        var rows = page.FindAll("[data-testid=device]");
        Assert.Equal("devices/a%25b", rows[0].QuerySelector("a")?.GetAttribute("href"));
        Assert.Contains("Connected · MQTT", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("site", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("Disabled", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("Never connected", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("Certificate", rows[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_OneDevice_CountsItInItsNumber()
    {
        var (page, _) = RenderAt("devices");

        page.WaitForAssertion(() => Assert.Equal("1 device", page.Find("[data-testid=count]").TextContent));
    }

    [Fact]
    public void Render_NoDevices_TeachesTheSimulatorAndOpensTheDialog()
    {
        HubApi.Answer(Listed, PageOf());
        var (page, layers) = RenderAt("devices");
        var empty = page.WaitForElement("[data-testid=empty]");
        Assert.Contains("No devices yet", empty.TextContent, StringComparison.Ordinal);
        Assert.Contains("simulate --devices 10", empty.TextContent, StringComparison.Ordinal);

        page.FindAll("[data-testid=empty] button").Single(button => button.TextContent.Contains("Create device", StringComparison.Ordinal)).Click();

        layers.WaitForElement("[data-testid=create-dialog]");
    }

    [Fact]
    public void Render_MayOnlyRead_OffersNoChange()
    {
        Operator.SetRoles(OperatorRights.RegistryRead);

        var (page, layers) = RenderAt("devices");

        page.WaitForElement("[data-testid=menu]").Click();
        layers.WaitForAssertion(() => Assert.Contains("Watch live", layers.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("[data-testid=create]"));
        Assert.Empty(layers.FindAll("[data-testid=menu-delete], [data-testid=menu-disable]"));
    }

    [Fact]
    public void Retry_AfterFailure_ShowsTheReasonThenTheDevices()
    {
        HubApi.Refuse(Listed, HttpStatusCode.ServiceUnavailable, "The store is busy.");
        var (page, _) = RenderAt("devices");
        var said = page.WaitForElement("[role=alert]").TextContent;
        Assert.Contains("The devices could not be read", said, StringComparison.Ordinal);
        Assert.Contains("The store is busy.", said, StringComparison.Ordinal);
        HubApi.Answer(Listed, PageOf(Device("d1")));

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("[data-testid=device]");
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public void Filter_InUrl_IsAskedOfTheHubAndShownInTheFields()
    {
        var (page, _) = RenderAt("devices?q=pump&status=disabled&connected=true&tag=site%3Dnorth&sort=created&desc=true");

        page.WaitForElement("[data-testid=device]");
        Assert.Equal("?q=pump&status=disabled&connected=true&tag=site=north&sort=created&desc=true&limit=50", HubApi.Last(Listed).Query);
        Assert.Equal("pump", page.Find("[data-testid=search]").GetAttribute("value"));
        Assert.Equal("disabled", page.Find("[data-testid=status]").GetAttribute("value"));
        Assert.Equal("true", page.Find("[data-testid=presence]").GetAttribute("value"));
        Assert.Equal("site=north", page.Find("[data-testid=tag]").GetAttribute("value"));
        Assert.Contains("Created", page.Find("th[aria-sort=descending]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Filter_MatchesNothing_OffersToClearAndThenShowsAll()
    {
        HubApi.Answer(Listed, PageOf());
        var (page, _) = RenderAt("devices?q=pump&status=disabled");
        Assert.Contains("No device matches", page.WaitForElement("[data-testid=empty]").TextContent, StringComparison.Ordinal);
        HubApi.Answer(Listed, PageOf(Device("d1")));

        page.Find("[data-testid=empty] button").Click();

        page.WaitForElement("[data-testid=device]");
        Assert.Equal("devices", Address);
        Assert.Equal("?limit=50", HubApi.Last(Listed).Query);
        Assert.Equal(string.Empty, page.Find("[data-testid=search]").GetAttribute("value"));
    }

    [Fact]
    public async Task Search_Typed_IsAskedOnceWhenTheHandRests()
    {
        var (page, _) = RenderAt("devices?cursor=old");
        page.WaitForElement("[data-testid=device]");

        // Within the page's own turn: the clock must not run before the page has heard.
        await page.InvokeAsync(() => page.Find("[data-testid=search]").Input("p"));
        Clock.Advance(TimeSpan.FromMilliseconds(100));
        await page.InvokeAsync(() => page.Find("[data-testid=search]").Input("pump"));
        Assert.Equal(1, HubApi.Count(Listed));
        Clock.Advance(TimeSpan.FromMilliseconds(300));

        await Eventually.TrueAsync(() => Address == "devices?q=pump");
        await Eventually.TrueAsync(() => HubApi.Last(Listed).Query == "?q=pump&limit=50");
        Assert.Equal(2, HubApi.Count(Listed));
    }

    [Fact]
    public async Task Status_Chosen_StandsInTheUrlAndIsAsked()
    {
        var (page, _) = RenderAt("devices");
        page.WaitForElement("[data-testid=device]");

        page.Find("[data-testid=status]").Change("enabled");

        await Eventually.TrueAsync(() => HubApi.Last(Listed).Query == "?status=enabled&limit=50");
        Assert.Equal("devices?status=enabled", Address);
    }

    [Fact]
    public void Next_ThenPrevious_TurnsThePagesBothWays()
    {
        HubApi.Answer(Listed, PageOf(Device("d1")) with { NextCursor = "second" });
        var (page, _) = RenderAt("devices");
        page.WaitForElement("[data-testid=next]");
        Assert.True(page.Find("[data-testid=previous]").HasAttribute("disabled"));
        HubApi.Answer(Listed, PageOf(Device("d2")));

        page.Find("[data-testid=next]").Click();

        page.WaitForAssertion(() => Assert.Contains("d2", page.Find("[data-testid=device]").TextContent, StringComparison.Ordinal));
        Assert.Equal("?limit=50&cursor=second", HubApi.Last(Listed).Query);
        Assert.Contains("page 2", page.Markup, StringComparison.Ordinal);
        Assert.True(page.Find("[data-testid=next]").HasAttribute("disabled"));
        HubApi.Answer(Listed, PageOf(Device("d1")) with { NextCursor = "second" });

        page.Find("[data-testid=previous]").Click();

        page.WaitForAssertion(() => Assert.Contains("d1", page.Find("[data-testid=device]").TextContent, StringComparison.Ordinal));
        Assert.Equal("devices", Address);
        Assert.Equal("?limit=50", HubApi.Last(Listed).Query);
    }

    [Fact]
    public async Task Disable_Confirmed_SendsTheReasonAndTheVersionThenReadsAnew()
    {
        HubApi.Answer(Changed, Device("d1") with { Status = DeviceStatus.Disabled });
        var (page, layers) = RenderAt("devices");
        Choose(page, layers, "menu-disable");
        Assert.Contains("Its open connection ends within a second", layers.WaitForElement("[data-testid=confirm]").TextContent, StringComparison.Ordinal);
        layers.Find("[data-testid=confirm-reason]").Change(" stolen ");

        layers.Find("[data-testid=confirm-yes]").Click();

        page.WaitForAssertion(() => Assert.Equal("d1 is disabled.", page.Find("[data-testid=notice]").TextContent));
        var sent = HubApi.Last(Changed);
        Assert.Equal("\"etag-1\"", sent.Header("If-Match"));
        Assert.Equal("disabled", sent.Json.GetProperty("status").GetString());
        Assert.Equal("stolen", sent.Json.GetProperty("statusReason").GetString());
        await Eventually.TrueAsync(() => HubApi.Count(Listed) == 2);
        layers.WaitForAssertion(() => Assert.Empty(layers.FindAll("[data-testid=confirm]")));
    }

    [Fact]
    public async Task Enable_Refused_SaysWhichDeviceAndWhyAndReadsAnew()
    {
        HubApi.Answer(Listed, PageOf(Device("d1") with { Status = DeviceStatus.Disabled }));
        HubApi.Refuse(Changed, HttpStatusCode.PreconditionFailed, "The device was changed meanwhile.");
        var (page, layers) = RenderAt("devices");

        Choose(page, layers, "menu-enable");

        var said = page.WaitForElement("[role=alert]").TextContent;
        Assert.Contains("d1 was not changed", said, StringComparison.Ordinal);
        Assert.Contains("The device was changed meanwhile.", said, StringComparison.Ordinal);
        Assert.Equal("enabled", HubApi.Last(Changed).Json.GetProperty("status").GetString());
        await Eventually.TrueAsync(() => HubApi.Count(Listed) == 2);
    }

    [Fact]
    public void Delete_Cancelled_SendsNothing()
    {
        var (page, layers) = RenderAt("devices");
        Choose(page, layers, "menu-delete");
        Assert.Contains("Delete d1?", layers.WaitForElement("h2").TextContent, StringComparison.Ordinal);

        layers.Find("[data-testid=confirm-cancel]").Click();

        layers.WaitForAssertion(() => Assert.Empty(layers.FindAll("[data-testid=confirm]")));
        Assert.Equal(0, HubApi.Count(Deleted));
        Assert.Empty(page.FindAll("[data-testid=notice]"));
    }

    [Fact]
    public void Delete_FailsThenWorks_StaysOpenWithTheReasonThenTellsOfIt()
    {
        HubApi.Refuse(Deleted, HttpStatusCode.ServiceUnavailable, "The store is full.");
        var (page, layers) = RenderAt("devices");
        Choose(page, layers, "menu-delete");
        layers.WaitForElement("[data-testid=confirm-yes]").Click();
        layers.WaitForAssertion(() => Assert.Contains("The store is full.", layers.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        HubApi.Answers[Deleted] = _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent));
        HubApi.Answer(Listed, PageOf());

        layers.Find("[data-testid=confirm-yes]").Click();

        page.WaitForAssertion(() => Assert.Equal("d1 is deleted.", page.Find("[data-testid=notice]").TextContent));
        page.WaitForElement("[data-testid=empty]");
    }

    private static DevicePage PageOf(params DeviceDetails[] devices) => new() { Items = devices, TotalCount = devices.Length };

    private static void Choose(IRenderedComponent<DevicesPage> page, IRenderedComponent<PortalProviders> layers, string item)
    {
        page.WaitForElement("[data-testid=menu]").Click();
        layers.WaitForElement($"[data-testid={item}]").Click();
    }

    private (IRenderedComponent<DevicesPage> Page, IRenderedComponent<PortalProviders> Layers) RenderAt(string address)
    {
        Navigation.NavigateTo(address);
        var layers = RenderLayers();
        return (Render<DevicesPage>(), layers);
    }
}
