using System.Net;
using Bunit;
using Hub.Portal.History;
using Hub.Shared.Api;
using Hub.Shared.Messages;
using Hub.Tests.Portal.Messages;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Portal.History;

/// <summary>The open message stands in the address, and an address opens its message.</summary>
public sealed class HistoryLinkTests : PageContext
{
    private const string Asked = $"GET {ApiRoutes.Telemetry}";

    public HistoryLinkTests()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":1}""")], null));
        // Some bytes; what they say is not what these tests are about.
        HubApi.Answer($"GET {ApiRoutes.TelemetryBody(3, 7)}", new Page<TelemetryItem>([], null));
    }

    [Fact]
    public async Task Row_ClickedAndClosed_StandsInTheUrlMeanwhile()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("{}", 7, partition: 3)], null));
        var page = RenderAt("history?q=x");
        page.WaitForElement("[data-testid=row]");

        await Screen.ClickAsync(page, 0);
        page.WaitForAssertion(() => Assert.Equal("history?q=x&message=3-7", Address));

        page.Find("[data-testid=close-detail]").Click();
        page.WaitForAssertion(() => Assert.Equal("history?q=x", Address));
        Assert.Equal(1, HubApi.Count(Asked));
    }

    [Fact]
    public void Link_ToAMessage_OpensItBesideTheListAndMarksItThere()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("""{"t":7}""", 7, partition: 3)], null));

        var page = RenderAt("history?message=3-7");

        page.WaitForElement("[data-testid=detail]");
        Assert.Contains(HubApi.Requests, request => request.Query == "?partition=3&after=6&order=asc&limit=1");
        page.WaitForAssertion(() => Assert.Equal("true", page.Find("[data-testid=row]").GetAttribute("aria-selected")));
    }

    [Fact]
    public void Link_ToAMessageThatIsGone_SaysSoAndCanBeClosed()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("{}", 8, partition: 3)], null));
        var page = RenderAt("history?message=3-7");

        var missing = page.WaitForElement("[data-testid=missing]");
        Assert.Contains("Message 7 of partition 3", missing.TextContent, StringComparison.Ordinal);
        Assert.Contains("No such message", missing.TextContent, StringComparison.Ordinal);

        page.Find("[data-testid=close-detail]").Click();
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("[data-testid=missing]")));
        Assert.Equal("history", Address);
    }

    [Fact]
    public async Task Link_AnsweredAfterTheOperatorTurnedToAnotherMessage_IsPassedOver()
    {
        var late = HubApi.Hold(Asked);
        var link = new Hub.Portal.Messages.LinkedMessage(Services.GetRequiredService<Hub.Portal.Messages.ITelemetryClient>());
        var finding = link.FindAsync("3-7", Xunit.TestContext.Current.CancellationToken);

        link.Forget();
        late.SetResult(FakeHubApi.Response(new Page<TelemetryItem>([Telemetry.Json("{}", 7, partition: 3)], null)));

        Assert.Null(await finding);
        Assert.Null(link.Missing);
    }

    [Fact]
    public async Task Row_Clicked_KeepsWhatIsTypedAndNotAskedYet()
    {
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Text("x")], null));
        var page = RenderAt("history");
        page.WaitForElement("[data-testid=row]");
        page.Find("[data-testid=filter-q]").Change("hot");

        await Screen.ClickAsync(page, 0);
        page.WaitForAssertion(() => Assert.Equal("history?message=0-1", Address));

        Assert.Equal("hot", page.Find("[data-testid=filter-q]").GetAttribute("value"));
        page.Find("[data-testid=filter]").Submit();
        page.WaitForAssertion(() => Assert.Equal("history?q=hot", Address));
        Assert.Empty(page.FindAll("[data-testid=detail]"));
    }

    [Fact]
    public void Link_HubDoesNotAnswer_SaysSoAndTriesAgain()
    {
        HubApi.Refuse(Asked, HttpStatusCode.ServiceUnavailable, "The log is busy.");
        var page = RenderAt("history?message=3-7");
        page.WaitForAssertion(() => Assert.Contains("The log is busy.", page.Find("[data-testid=missing]").TextContent, StringComparison.Ordinal));
        HubApi.Answer(Asked, new Page<TelemetryItem>([Telemetry.Json("{}", 7, partition: 3)], null));

        page.Find("[data-testid=missing] [data-testid=retry]").Click();

        page.WaitForElement("[data-testid=detail]");
    }

    [Theory]
    [InlineData("3")]
    [InlineData("3-7-1")]
    [InlineData("-3-7")]
    [InlineData("3- 7")]
    [InlineData("a-b")]
    [InlineData("3-99999999999999999999")]
    public void Link_ThatNamesNoMessage_IsPassedOver(string text)
    {
        var page = RenderAt($"history?message={Uri.EscapeDataString(text)}");
        page.WaitForElement("[data-testid=row]");
        Assert.Empty(page.FindAll("[data-testid=missing], [data-testid=detail]"));
        Assert.Equal(1, HubApi.Count(Asked));
    }

    private IRenderedComponent<HistoryPage> RenderAt(string address)
    {
        Navigation.NavigateTo(address);
        return Render<HistoryPage>();
    }
}
