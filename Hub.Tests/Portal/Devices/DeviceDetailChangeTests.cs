using System.Net;
using Bunit;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

/// <summary>What is changed from the page.</summary>
public sealed class DeviceDetailChangeTests : DeviceDetailContext
{
    [Fact]
    public void Disable_Confirmed_SendsTheVersionAndThenOffersToEnable()
    {
        HubApi.Answer(Changed, Device("d1"));
        var (page, layers) = RenderDevice();
        page.WaitForElement("[data-testid=disable]").Click();
        layers.WaitForElement("[data-testid=confirm]");
        Assert.Equal(0, HubApi.Count(Changed));
        HubApi.Answer(Read, Device("d1") with { Status = DeviceStatus.Disabled });

        layers.Find("[data-testid=confirm-yes]").Click();

        page.WaitForElement("[data-testid=enable]");
        Assert.Equal("Disabled", page.Find("[data-testid=disabled-tag]").TextContent);
        Assert.Equal("\"etag-1\"", HubApi.Last(Changed).Header("If-Match"));
        Assert.Equal("disabled", HubApi.Last(Changed).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Disable_DeviceIsConnected_ShowsSoonThatItIsNoMore()
    {
        HubApi.Answer(Changed, Device("d1"));
        var connected = Device("d1") with { ConnectionState = ConnectionState.Connected, Protocol = "MQTT" };
        HubApi.Answer(Read, connected);
        var (page, layers) = RenderDevice();
        page.WaitForElement("[data-testid=disable]").Click();
        HubApi.Answer(Read, connected with { Status = DeviceStatus.Disabled });
        layers.WaitForElement("[data-testid=confirm-yes]").Click();
        page.WaitForElement("[data-testid=enable]");
        HubApi.Answer(Read, Device("d1") with { Status = DeviceStatus.Disabled });

        Clock.Advance(TimeSpan.FromSeconds(2));

        page.WaitForAssertion(() => Assert.Contains("Never connected", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal));
        await Eventually.TrueAsync(() => HubApi.Count(Read) == 3);
    }

    [Fact]
    public void Enable_RefusedThenDone_SaysWhyAndForgetsItAfterwards()
    {
        HubApi.Answer(Read, Device("d1") with { Status = DeviceStatus.Disabled });
        HubApi.Refuse(Changed, HttpStatusCode.Forbidden);
        var (page, _) = RenderDevice();
        page.WaitForElement("[data-testid=enable]").Click();
        page.WaitForAssertion(() => Assert.Contains("d1 was not changed", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Contains("Your account does not have the right", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        HubApi.Answer(Changed, Device("d1"));
        HubApi.Answer(Read, Device("d1"));

        page.Find("[data-testid=enable]").Click();

        page.WaitForElement("[data-testid=disable]");
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public async Task Delete_Confirmed_LeadsBackToTheList()
    {
        HubApi.Answers[Deleted] = _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent));
        var (page, layers) = RenderDevice();
        page.WaitForElement("[data-testid=delete]").Click();
        Assert.Contains("The device loses its registration, keys and tags", layers.WaitForElement("[data-testid=confirm]").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, HubApi.Count(Deleted));

        layers.Find("[data-testid=confirm-yes]").Click();

        await Eventually.TrueAsync(() => Address == "devices");
        Assert.Equal(1, HubApi.Count(Deleted));
    }

    [Fact]
    public void Tags_ChangedByAnotherMeanwhile_KeepsWhatWasTypedAndSavesKnowingly()
    {
        HubApi.Refuse(Changed, HttpStatusCode.PreconditionFailed);
        var (page, _) = RenderDevice();
        page.WaitForElement("[data-testid=edit-tags]").Click();
        page.WaitForElement("[data-testid=tag-add]").Click();
        page.WaitForElement("[data-testid=tag-name]").Change("site");
        page.Find("[data-testid=tag-value]").Change("north");
        HubApi.Answer(Read, Device("d1") with { ETag = "etag-2" });
        page.Find("[data-testid=save-tags]").Click();
        page.WaitForAssertion(() => Assert.Contains("The device was changed meanwhile.", page.Find("[data-testid=tags-fault]").TextContent, StringComparison.Ordinal));
        Assert.Equal("\"etag-1\"", HubApi.Last(Changed).Header("If-Match"));
        Assert.Equal("north", page.Find("[data-testid=tag-value]").GetAttribute("value"));
        HubApi.Answer(Changed, Device("d1") with { ETag = "etag-3", Tags = new Dictionary<string, string> { ["site"] = "north" } });

        page.Find("[data-testid=save-tags]").Click();

        page.WaitForElement("[data-testid=edit-tags]");
        Assert.Equal("\"etag-2\"", HubApi.Last(Changed).Header("If-Match"));
        Assert.Equal("north", HubApi.Last(Changed).Json.GetProperty("tags").GetProperty("site").GetString());
    }
}
