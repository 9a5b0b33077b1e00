using System.Net;
using AngleSharp.Dom;
using Bunit;
using Hub.Portal.Session;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Session;

public sealed class SetUpPageTests : PageContext
{
    private const string Asked = $"GET {ApiRoutes.Session}";
    private const string Created = $"POST {ApiRoutes.SetUp}";
    private static readonly SessionInfo Nobody = new() { Rights = [], SetUpNeeded = true };

    public SetUpPageTests() => HubApi.Answer(Asked, Nobody);

    [Fact]
    public void Render_HubHasNotAnsweredYet_ShowsNoFormThatMayBeWrong()
    {
        var answer = HubApi.Hold(Asked);
        var page = RenderLink();
        Assert.Empty(page.FindAll("form"));

        answer.SetResult(FakeHubApi.Response(Nobody));

        page.WaitForElement("form");
    }

    [Fact]
    public void Render_WithoutTheLinksToken_TellsWhereTheLinkIs()
    {
        Navigation.NavigateTo("set-up");

        var page = Render<SetUpPage>();

        var said = page.WaitForElement("[data-testid=set-up-needed]").TextContent;
        Assert.Contains("Its first start printed a one-time link", said, StringComparison.Ordinal);
        Assert.Contains("set-up?token=", said, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("form"));
    }

    [Fact]
    public void Render_OperatorExists_LeadsToSignIn()
    {
        HubApi.Answer(Asked, Nobody with { SetUpNeeded = false });

        var page = RenderLink();

        var said = page.WaitForElement("[data-testid=already-set-up]");
        Assert.Contains("An operator exists already", said.TextContent, StringComparison.Ordinal);
        Assert.Equal("sign-in", said.QuerySelector("a")?.GetAttribute("href"));
        Assert.Empty(page.FindAll("form"));
    }

    [Fact]
    public void Retry_HubWasOutOfReach_ShowsTheForm()
    {
        HubApi.Unplug(Asked);
        var page = RenderLink();
        Assert.Contains("does not answer", page.WaitForElement("[role=alert]").TextContent, StringComparison.Ordinal);
        HubApi.Answer(Asked, Nobody);

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("form");
    }

    [Theory]
    [InlineData(" ", "long enough 1", "long enough 1", "Enter your user name.")]
    [InlineData("admin", "too short", "too short", "The password has 9 characters; it needs at least 10.")]
    [InlineData("admin", "long enough 1", "long enough 2", "The two passwords differ.")]
    public void Create_FormIsWrong_SaysWhyAndSendsNothing(string name, string password, string repeated, string fault)
    {
        var page = RenderLink();

        Fill(page, name, password, repeated);

        Assert.Contains(fault, page.WaitForElement("[data-testid=fault]").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, HubApi.Count(Created));
    }

    [Fact]
    public async Task Create_FormIsRight_SendsTheLinksTokenAndOpensThePortal()
    {
        HubApi.Answer(Created, new SessionInfo { UserName = "ada", Rights = [], SetUpNeeded = false });
        var page = RenderLink();

        Fill(page, " ada ", "long enough 1", "long enough 1");

        await Eventually.TrueAsync(() => Address == string.Empty);
        var sent = HubApi.Last(Created).Json;
        Assert.Equal("the-token", sent.GetProperty("token").GetString());
        Assert.Equal("ada", sent.GetProperty("userName").GetString());
        Assert.Equal("long enough 1", sent.GetProperty("password").GetString());
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "This link is used up or mistyped.")]
    [InlineData(HttpStatusCode.BadRequest, "The name is no good.")]
    public void Create_HubRefuses_SaysWhyAndKeepsWhatWasTyped(HttpStatusCode status, string expected)
    {
        HubApi.Refuse(Created, status, "The name is no good.");
        var page = RenderLink();

        Fill(page, "ada", "long enough 1", "long enough 1");

        page.WaitForAssertion(() => Assert.Contains(expected, page.Find("[data-testid=fault]").TextContent, StringComparison.Ordinal));
        Assert.Equal("long enough 1", page.Find("#new-password").GetAttribute("value"));
        Assert.False(page.Find("[data-testid=set-up-submit]").IsDisabled());
    }

    private static void Fill(IRenderedComponent<SetUpPage> page, string name, string password, string repeated)
    {
        page.WaitForElement("form");
        page.Find("#user-name").Change(name);
        page.Find("#new-password").Input(password);
        page.Find("#repeat-password").Input(repeated);
        page.Find("form").Submit();
    }

    private IRenderedComponent<SetUpPage> RenderLink()
    {
        Navigation.NavigateTo("set-up?token=the-token");
        return Render<SetUpPage>();
    }
}
