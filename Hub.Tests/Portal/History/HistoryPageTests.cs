using System.Net;
using Bunit;
using Hub.Portal.History;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Tests.Portal.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.History;

public sealed class HistoryPageTests : PageContext
{
    private const string Asked = $"GET {ApiRoutes.Telemetry}";

    public HistoryPageTests() => HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":1}""")], null));

    [Fact]
    public void Render_HubHasNotAnsweredYet_SaysThatItReadsAndNotThatThereIsNothing()
    {
        var answer = HubApi.Hold(Asked);
        var page = RenderAt("history");
        Assert.Equal("Reading the log", page.Find("[role=status]").TextContent);
        Assert.Empty(page.FindAll("[data-testid=empty]"));

        answer.SetResult(FakeHubApi.Response(new Page<TelemetryItem>([Telemetry.Json("{}")], null)));

        page.WaitForElement("[data-testid=row]");
    }

    [Theory]
    [InlineData(1, "1 message loaded")]
    [InlineData(2, "2 messages loaded")]
    public void Render_Messages_AreShownAndCountedInTheirNumber(int count, string expected)
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([.. Enumerable.Range(1, count).Select(n => Telemetry.Json($$"""{"t":{{n}}}""", n))], null));

        var page = RenderAt("history");

        page.WaitForAssertion(() => Assert.Equal(count, page.FindAll("[data-testid=row]").Count));
        Assert.Equal(expected, page.Find("[data-testid=count]").TextContent);
        Assert.Equal("That is all there is.", page.Find("[data-testid=end]").TextContent);
        Assert.Equal("?order=desc&limit=200", HubApi.Last(Asked).Query);
    }

    [Theory]
    [InlineData("history", "false")]
    [InlineData("history?q=alarm", "false")]
    [InlineData("history?device=d1", "true")]
    [InlineData("history?from=2026-05-04T07:30:00Z", "true")]
    public void Render_SmallScreen_FoldsWhatIsNotSetAway(string address, string expanded)
    {
        var page = RenderAt(address);
        Assert.Equal(expanded, page.Find("[data-testid=filter-more]").GetAttribute("aria-expanded"));
        Assert.Equal(expanded == "false", page.Find("[data-testid=filter]").ClassList.Contains("less"));

        page.Find("[data-testid=filter-more]").Click();

        page.WaitForAssertion(() => Assert.Equal(expanded == "true", page.Find("[data-testid=filter]").ClassList.Contains("less")));
    }

    [Fact]
    public void Render_NothingStored_TeachesWhereToBegin()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([], null));

        var page = RenderAt("history");

        var empty = page.WaitForElement("[data-testid=empty]");
        Assert.Contains("No message is stored yet", empty.TextContent, StringComparison.Ordinal);
        Assert.Equal("devices", empty.QuerySelector("a")?.GetAttribute("href"));
        Assert.Equal("0 messages loaded", page.Find("[data-testid=count]").TextContent);
    }

    [Fact]
    public void Render_NothingMatches_SaysHowToFindMore()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([], null));

        var page = RenderAt("history?q=nothing");

        Assert.Contains("Widen the time, or remove a part of the filter.", page.WaitForElement("[data-testid=empty]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_NothingOfADeviceThatIsNotRegistered_SaysSo()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([], null));
        HubApi.Refuse("GET /api/v1/devices/thermostat", HttpStatusCode.NotFound, "There is no such device.");

        var page = RenderAt("history?device=thermostat");

        Assert.Contains("No device thermostat is registered", page.WaitForElement("[data-testid=unknown-device]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Filter_InUrl_IsAskedOfTheHubAndShownInTheFields()
    {
        var page = RenderAt("history?device=d1&partition=2&q=hot&from=2026-01-02T10:00:00Z&to=2026-01-02T11:00:00Z&order=asc");

        page.WaitForElement("[data-testid=row]");
        Assert.Equal("?deviceId=d1&partition=2&from=2026-01-02T10:00:00.0000000Z&to=2026-01-02T11:00:00.0000000Z&order=asc&q=hot&limit=200", HubApi.Last(Asked).Query);
        Assert.Equal("d1", page.Find("[data-testid=filter-device]").GetAttribute("value"));
        Assert.Equal("hot", page.Find("[data-testid=filter-q]").GetAttribute("value"));
        Assert.Equal("asc", page.Find("[data-testid=filter-order]").GetAttribute("value"));
        Assert.Equal("2", page.Find("[data-testid=filter-partition]").GetAttribute("value"));
        Assert.Equal("live?device=d1&partition=2&q=hot", page.FindAll("a").Single(link => link.TextContent.Trim() == "Live").GetAttribute("href"));
    }

    [Fact]
    public async Task Show_FieldsFilled_StandInTheUrlAndAreAsked()
    {
        var page = RenderAt("history");
        page.WaitForElement("[data-testid=row]");
        page.Find("[data-testid=filter-device]").Change(" d1 ");
        page.Find("[data-testid=filter-partition]").Change("3");
        page.Find("[data-testid=filter-q]").Change("hot");
        page.Find("[data-testid=filter-from]").Change("2026-01-02T10:00:00");
        page.Find("[data-testid=filter-order]").Change("asc");

        page.Find("[data-testid=filter]").Submit();

        var from = new DateTime(2026, 1, 2, 10, 0, 0, DateTimeKind.Local).ToUniversalTime().ToString("O");
        await Eventually.TrueAsync(() => HubApi.Last(Asked).Query == $"?deviceId=d1&partition=3&from={from}&order=asc&q=hot&limit=200");
        Assert.Equal($"history?device=d1&partition=3&q=hot&from={from}&order=asc", Address);
    }

    [Fact]
    public void Show_NoDeviceId_SaysSoAndAsksNothing()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([], null));
        var page = RenderAt("history?device=a%20b");

        Assert.Contains("That is no device id.", page.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Empty(HubApi.Requests);
        Assert.Empty(page.FindAll("[data-testid=empty]"));
    }

    [Fact]
    public void Show_TimesTheWrongWayRound_SaysSoAndAsksNothing()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([], null));
        var page = RenderAt("history?from=2026-01-02T12:00:00Z&to=2026-01-02T11:00:00Z");

        Assert.Contains("From has to lie before To.", page.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Empty(HubApi.Requests);
    }

    [Fact]
    public void More_Clicked_AppendsTheNextPage()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":2}""", 2)], "next"));
        var page = RenderAt("history?q=t");
        page.WaitForElement("[data-testid=more]");
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":1}""", 1)], null));

        page.Find("[data-testid=more]").Click();

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=row]").Count));
        Assert.Equal("?order=desc&q=t&limit=200&cursor=next", HubApi.Last(Asked).Query);
        Assert.Empty(page.FindAll("[data-testid=more]"));
        Assert.Equal("That is all there is.", page.Find("[data-testid=end]").TextContent);
    }

    [Fact]
    public async Task Scroll_ToTheEnd_AppendsTheNextPage()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":2}""", 2)], "next"));
        var page = RenderAt("history");
        page.WaitForElement("[data-testid=row]");
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":1}""", 1)], null));

        await Screen.ScrollToEndAsync(page);

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=row]").Count));
        Assert.Equal("?order=desc&limit=200&cursor=next", HubApi.Last(Asked).Query);
    }

    [Fact]
    public void Retry_FirstPageFailed_ShowsTheReasonThenTheMessages()
    {
        HubApi.Refuse(Asked, HttpStatusCode.ServiceUnavailable, "The log is busy.");
        var page = RenderAt("history");
        var said = page.WaitForElement("[data-testid=error]").TextContent;
        Assert.Contains("Could not read the log", said, StringComparison.Ordinal);
        Assert.Contains("The log is busy.", said, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[data-testid=empty]"));
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("{}")], null));

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("[data-testid=row]");
        Assert.Empty(page.FindAll("[data-testid=error]"));
    }

    [Fact]
    public void Retry_NextPageFailed_KeepsWhatIsThereAndGoesOn()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":2}""", 2)], "next"));
        var page = RenderAt("history");
        page.WaitForElement("[data-testid=more]");
        HubApi.Unplug(Asked);
        page.Find("[data-testid=more]").Click();
        page.WaitForElement("[data-testid=error]");
        Assert.Single(page.FindAll("[data-testid=row]"));
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":1}""", 1)], null));

        page.Find("[data-testid=retry]").Click();

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("[data-testid=row]").Count));
        Assert.EndsWith("&cursor=next", HubApi.Last(Asked).Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_Clicked_OpensTheMessage()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Text("the whole body", ("level", "high"))], null));
        var page = RenderAt("history");
        page.WaitForElement("[data-testid=row]");

        await Screen.ClickAsync(page, 0);

        page.WaitForAssertion(() => Assert.Contains("the whole body", page.Find("[data-testid=body-text]").TextContent, StringComparison.Ordinal));
        Assert.Equal("true", page.Find("[data-testid=row]").GetAttribute("aria-selected"));
    }

    private IRenderedComponent<HistoryPage> RenderAt(string address)
    {
        Navigation.NavigateTo(address);
        return Render<HistoryPage>();
    }
}
