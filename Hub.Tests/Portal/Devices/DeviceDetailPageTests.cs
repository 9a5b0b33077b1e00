using System.Net;
using Bunit;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Shared.Security;
using Hub.Tests.Portal.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

/// <summary>What the page shows.</summary>
public sealed class DeviceDetailPageTests : DeviceDetailContext
{
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
    public void Render_MayOnlyRead_OffersNoChangeAndNoKeys()
    {
        Operator.SetRoles(OperatorRights.RegistryRead);

        var (page, _) = RenderDevice();

        page.WaitForElement("[data-testid=watch]");
        Assert.Empty(page.FindAll("[data-testid=disable], [data-testid=delete], [data-testid=show-keys], [data-testid=edit-tags], [data-testid=fill]"));
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
        AnswerConnected("MQTT");

        Clock.Advance(TimeSpan.FromSeconds(5));

        page.WaitForAssertion(() => Assert.Contains("Connected · MQTT", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal));
        await Eventually.TrueAsync(() => HubApi.Count(Connections) == 2);
    }

    [Fact]
    public void Time_PassesAndHistoryLagsBehindPresence_IsReadUntilItHasTheConnection()
    {
        AnswerConnected("MQTT");
        var (page, _) = RenderDevice();
        page.WaitForAssertion(() => Assert.Contains("This device has never connected", page.Find("[data-testid=empty]").TextContent, StringComparison.Ordinal));
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([Refusal("") with { Event = ConnectionEvent.Connected, Reason = null }], null));

        Clock.Advance(TimeSpan.FromSeconds(5));

        page.WaitForElement("[data-testid=history-entry]");
        AnswerConnected("MQTT 5");
        Clock.Advance(TimeSpan.FromSeconds(5));
        page.WaitForAssertion(() => Assert.Contains("MQTT 5", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal));
        Assert.Equal(2, HubApi.Count(Connections));
    }

    [Fact]
    public void Time_PassesWithARefusalAsTheNewestLine_IsNotReadAgainAndAgain()
    {
        AnswerConnected("MQTT");
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([Refusal("Wrong signature."), Refusal("") with { Event = ConnectionEvent.Connected, Reason = null }], null));
        var (page, _) = RenderDevice();
        page.WaitForElement("[data-testid=history-entry]");

        AnswerConnected("MQTT 5");
        Clock.Advance(TimeSpan.FromSeconds(5));

        page.WaitForAssertion(() => Assert.Contains("MQTT 5", page.Find("[data-testid=presence]").TextContent, StringComparison.Ordinal));
        Assert.Equal(1, HubApi.Count(Connections));
    }

    [Fact]
    public void Time_PassesAfterAReconnect_HistoryThatEndsWithTheOldConnectionIsReadAgain()
    {
        var old = Refusal("") with { Event = ConnectionEvent.Connected, Reason = null };
        AnswerConnected("MQTT", Telemetry.Noon.AddMinutes(1));
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([old], null));
        var (page, _) = RenderDevice();
        page.WaitForElement("[data-testid=history-entry]");
        HubApi.Answer(Connections, new Page<ConnectionHistoryEntry>([old with { Time = Telemetry.Noon.AddMinutes(1), ConnectionId = "c-2" }, old], null));

        Clock.Advance(TimeSpan.FromSeconds(5));

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=history-entry]").Count));
    }

    private void AnswerConnected(string protocol, DateTimeOffset? since = null) => HubApi.Answer(
        Read, Device("d1") with { ConnectionState = ConnectionState.Connected, ConnectionStateUpdatedTime = since ?? Telemetry.Noon, Protocol = protocol });

    private static ConnectionHistoryEntry Refusal(string reason) => new()
    {
        DeviceId = DeviceId.Parse("d1"),
        Time = Telemetry.Noon,
        Event = ConnectionEvent.Refused,
        ConnectionId = "c-1",
        Protocol = "MQTT",
        Reason = reason,
    };
}
