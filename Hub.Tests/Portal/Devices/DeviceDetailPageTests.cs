using System.Net;
using Bunit;
using Hub.Portal.Devices;
using Hub.Portal.Shell;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Shared.Operations;
using Hub.Shared.Security;
using Hub.Tests.Portal.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

public sealed class DeviceDetailPageTests : PageContext
{
    private const string Path = $"{ApiRoutes.Devices}/d1";
    private const string Read = $"GET {Path}";
    private const string Changed = $"PUT {Path}";
    private const string Deleted = $"DELETE {Path}";
    private const string Keys = $"GET {Path}/keys";
    private const string Connections = $"GET {Path}/connections";
    private const string Messages = $"GET {ApiRoutes.Telemetry}";
    private const string About = $"GET {ApiRoutes.HubInfo}";

    public DeviceDetailPageTests()
    {
        HubApi.Answer(Read, Device("d1"));
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([], null));
        HubApi.Answer(Messages, new Page<TelemetryItem>([], null));
        HubApi.Answer(About, new HubInfo
        {
            HostName = "hub.example",
            Version = "1",
            Partitions = 4,
            Doors = [new DoorInfo("mqtts", "*", 8883, true)],
        });
    }

    [Fact]
    public void Render_HubHasNotAnsweredYet_SaysThatItLoadsAndOffersNothing()
    {
        var answer = HubApi.Hold(Read);
        var (page, _) = RenderDevice();
        Assert.Equal("Loading", page.Find("[data-testid=loading]").GetAttribute("aria-label"));
        Assert.Empty(page.FindAll("[data-testid=delete]"));

        answer.SetResult(FakeHubApi.Response(Device("d1")));

        page.WaitForElement("[data-testid=delete]");
        Assert.Empty(page.FindAll("[data-testid=loading]"));
    }

    [Fact]
    public void Render_DeviceThatSent_ShowsWhoItIsAndHowItFares()
    {
        HubApi.Answer(Read, Device("d1") with
        {
            Status = DeviceStatus.Disabled,
            StatusReason = "stolen",
            DisconnectReason = "The device was disabled.",
            LastActivityTime = Telemetry.Noon,
            Tags = new Dictionary<string, string> { ["site"] = "north" },
        });
        HubApi.Answer(Messages, new Page<TelemetryItem>([Telemetry.Json("""{"t":21.5}""")], null));
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([Refusal("Wrong signature.")], null));

        var (page, _) = RenderDevice();

        page.WaitForElement("[data-testid=history-entry]");
        page.WaitForAssertion(() => Assert.Contains("21.5", page.Find("[data-testid=recent] [data-testid=row]").TextContent, StringComparison.Ordinal));
        Assert.Equal("d1", page.Find("h1").TextContent);
        Assert.StartsWith("Last heard ", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal);
        Assert.Equal("Disabled", page.Find("[data-testid=disabled-tag]").TextContent);
        Assert.Equal("stolen", page.Find("[data-testid=status-reason]").TextContent);
        Assert.Equal("The device was disabled.", page.Find("[data-testid=disconnect-reason]").TextContent);
        Assert.Contains("site", page.Markup, StringComparison.Ordinal);
        Assert.Contains("Refused", page.Find("[data-testid=history-entry]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Wrong signature.", page.Find("[data-testid=history-entry]").TextContent, StringComparison.Ordinal);
        Assert.Equal("live?device=d1", page.Find("[data-testid=watch]").GetAttribute("href"));
        Assert.Contains("deviceId=d1", HubApi.Last(Messages).Query, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NewDevice_TeachesHowToConnectIt()
    {
        var (page, _) = RenderDevice();

        page.WaitForAssertion(() => Assert.Contains("mosquitto_pub", page.Find("[data-testid=snippet]").TextContent, StringComparison.Ordinal));
        Assert.Contains("-h hub.example -p 8883", page.Find("[data-testid=snippet]").TextContent, StringComparison.Ordinal);
        page.WaitForAssertion(() => Assert.Contains("has sent nothing", page.Find("[data-testid=recent-empty]").TextContent, StringComparison.Ordinal));
        Assert.Contains("This device has never connected", page.Find("[data-testid=empty]").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, HubApi.Count(Keys));
    }

    [Fact]
    public void Render_NoSuchDevice_SaysSoAndLeadsBack()
    {
        HubApi.Refuse(Read, HttpStatusCode.NotFound);

        var (page, _) = RenderDevice();

        var said = page.WaitForElement("[data-testid=empty]");
        Assert.Contains("There is no device d1", said.TextContent, StringComparison.Ordinal);
        Assert.Equal("devices", said.QuerySelector("a")?.GetAttribute("href"));
        Assert.Empty(page.FindAll("[data-testid=retry]"));
    }

    [Fact]
    public void Render_NoId_IsNotAskedOfTheHub()
    {
        var (page, _) = RenderDevice("a b");

        Assert.Contains("This is no device id", page.WaitForElement("[data-testid=empty]").TextContent, StringComparison.Ordinal);
        Assert.Empty(HubApi.Requests);
    }

    [Fact]
    public void Retry_AfterFailure_ShowsTheReasonThenTheDevice()
    {
        HubApi.Unplug(Read);
        var (page, _) = RenderDevice();
        var said = page.WaitForElement("[role=alert]").TextContent;
        Assert.Contains("The device could not be read", said, StringComparison.Ordinal);
        Assert.Contains("The hub does not answer.", said, StringComparison.Ordinal);
        HubApi.Answer(Read, Device("d1"));

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("[data-testid=delete]");
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    [Fact]
    public async Task Time_Passes_PresenceIsReadAnew()
    {
        var (page, _) = RenderDevice();
        page.WaitForAssertion(() => Assert.Contains("Never connected", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal));
        HubApi.Answer(Read, Device("d1") with { ConnectionState = ConnectionState.Connected, ConnectionStateUpdatedTime = Telemetry.Noon, Protocol = "MQTT" });

        Clock.Advance(TimeSpan.FromSeconds(5));

        page.WaitForAssertion(() => Assert.Contains("Connected · MQTT", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal));
        await Eventually.TrueAsync(() => HubApi.Count(Connections) == 2);
    }

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
    public void Keys_AskedFor_StayMaskedUntilRevealedAndGoWhenHidden()
    {
        HubApi.Answer(Keys, new DeviceKeys("first-key", "second-key", "HostName=hub.example"));
        var (page, _) = RenderDevice();
        page.WaitForElement("[data-testid=show-keys]").Click();
        page.WaitForElement("[data-testid=primary-key]");
        Assert.DoesNotContain("first-key", page.Find("[data-testid=primary-key]").TextContent, StringComparison.Ordinal);

        page.Find("[data-testid=primary-key] [data-testid=reveal]").Click();

        page.WaitForAssertion(() => Assert.Contains("first-key", page.Find("[data-testid=primary-key]").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("second-key", page.Find("[data-testid=secondary-key]").TextContent, StringComparison.Ordinal);
        page.Find("[data-testid=hide-keys]").Click();
        page.WaitForAssertion(() => Assert.DoesNotContain("first-key", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RotateKey_Confirmed_ShowsTheNewOne()
    {
        HubApi.Answer(Keys, new DeviceKeys("first-key", "second-key", "HostName=hub.example"));
        HubApi.Answer($"POST {Path}/keys/primary/rotate", new DeviceKeys("third-key", "second-key", "HostName=hub.example"));
        var (page, layers) = RenderDevice();
        page.WaitForElement("[data-testid=show-keys]").Click();
        page.WaitForElement("[data-testid=rotate-primary]").Click();
        Assert.Contains("Connections that were authenticated with this key end at once", layers.WaitForElement("[data-testid=confirm]").TextContent, StringComparison.Ordinal);

        layers.Find("[data-testid=confirm-yes]").Click();

        layers.WaitForAssertion(() => Assert.Empty(layers.FindAll("[data-testid=confirm]")));
        page.Find("[data-testid=primary-key] [data-testid=reveal]").Click();
        page.WaitForAssertion(() => Assert.Contains("third-key", page.Find("[data-testid=primary-key]").TextContent, StringComparison.Ordinal));
        await Eventually.TrueAsync(() => HubApi.Count(Read) == 2);
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

    [Fact]
    public void Render_MayOnlyRead_OffersNoChangeAndNoKeys()
    {
        Operator.SetRoles(OperatorRights.RegistryRead);

        var (page, _) = RenderDevice();

        page.WaitForElement("[data-testid=watch]");
        Assert.Empty(page.FindAll("[data-testid=disable], [data-testid=delete], [data-testid=show-keys], [data-testid=edit-tags], [data-testid=fill]"));
    }

    [Fact]
    public void Copy_SecretNotFilledInYet_FillsItInFirst()
    {
        HubApi.Answer($"POST {Path}/token", new DeviceToken("SharedAccessSignature sr=fresh", Telemetry.Noon.AddHours(1)));
        var module = JSInterop.SetupModule("./js/portal.js");
        module.Mode = JSRuntimeMode.Loose;
        var (page, _) = RenderDevice();

        page.WaitForElement("[data-testid=copy-snippet]").Click();

        page.WaitForAssertion(() => Assert.Contains("-P 'SharedAccessSignature sr=fresh'", (string)module.Invocations["copy"].Single().Arguments[0]!, StringComparison.Ordinal));
        Assert.Contains("sr=fresh", page.Find("[data-testid=snippet]").TextContent, StringComparison.Ordinal);
        page.Find("[data-testid=copy-snippet]").Click();
        page.WaitForAssertion(() => Assert.Equal(2, module.Invocations["copy"].Count));
        Assert.Equal(1, HubApi.Count($"POST {Path}/token"));
    }

    [Fact]
    public void Copy_TokenCannotBeMade_CopiesNothingAndSaysWhy()
    {
        HubApi.Refuse($"POST {Path}/token", HttpStatusCode.ServiceUnavailable, "The hub is stopping.");
        var module = JSInterop.SetupModule("./js/portal.js");
        module.Mode = JSRuntimeMode.Loose;
        var (page, _) = RenderDevice();

        page.WaitForElement("[data-testid=copy-snippet]").Click();

        page.WaitForAssertion(() => Assert.Contains("The token could not be made", page.Markup, StringComparison.Ordinal));
        Assert.Empty(module.Invocations["copy"]);
    }

    private static ConnectionHistoryEntry Refusal(string reason) => new()
    {
        DeviceId = DeviceId.Parse("d1"),
        Time = Telemetry.Noon,
        Event = ConnectionEvent.Refused,
        ConnectionId = "c-1",
        Protocol = "MQTT",
        Reason = reason,
    };

    private (IRenderedComponent<DeviceDetailPage> Page, IRenderedComponent<PortalProviders> Layers) RenderDevice(string id = "d1")
    {
        var layers = RenderLayers();
        return (Render<DeviceDetailPage>(parameters => parameters.Add(page => page.Id, id)), layers);
    }
}
