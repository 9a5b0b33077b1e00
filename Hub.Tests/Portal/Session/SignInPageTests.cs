using Bunit;
using Hub.Portal.Api;
using Hub.Portal.Session;
using Hub.Portal.Streaming;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Portal.Session;

public sealed class SignInPageTests : BunitContext
{
    private readonly FakeSession _session = new();

    public SignInPageTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddLocalization();
        Services.AddLogging();
        Services.AddSingleton<ISessionClient>(_session);
        Services.AddSingleton<SessionTicket>();
        Services.AddSingleton<ILiveConnection>(new FakeLive());
        Services.AddSingleton<SessionState>();
    }

    [Fact]
    public void SignIn_RightPassword_GoesToThePageThatWasWanted()
    {
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("sign-in?returnUrl=devices%3Fq%3Dx");
        var page = Render<SignInPage>();

        Fill(page, "admin", "right password");

        Assert.EndsWith("/devices?q=x", navigation.Uri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "Your session has ended")]
    [InlineData(true, "Sign in to go on.")]
    public void SignIn_AfterASession_SaysWhetherItEndedByItself(bool signedOut, string expected)
    {
        var ticket = Services.GetRequiredService<SessionTicket>();
        ticket.Set(new SessionInfo { UserName = "admin", Rights = [], SetUpNeeded = false });
        ticket.End(signedOut);
        Services.GetRequiredService<NavigationManager>().NavigateTo("sign-in?returnUrl=live");

        var page = Render<SignInPage>();

        Assert.StartsWith(expected, page.WaitForElement("[data-testid=session-over]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void SignIn_WrongPassword_SaysSoAndEmptiesThePassword()
    {
        var page = Render<SignInPage>();

        Fill(page, "admin", "wrong");

        Assert.Contains("wrong", page.Find("[data-testid=fault]").TextContent, StringComparison.Ordinal);
        Assert.Equal(string.Empty, page.Find("#password").GetAttribute("value") ?? string.Empty);
    }

    [Fact]
    public void SignIn_NoPassword_IsNotSent()
    {
        var page = Render<SignInPage>();

        Fill(page, "admin", string.Empty);

        page.Find("[data-testid=fault]");
        Assert.Equal(0, _session.SignIns);
    }

    [Fact]
    public void Render_NoOperatorYet_TellsOfTheLink()
    {
        _session.Current = new SessionInfo { Rights = [], SetUpNeeded = true };

        Render<SignInPage>().Find("[data-testid=set-up-needed]");
    }

    [Fact]
    public void Render_HubDoesNotAnswer_OffersToTryAgain()
    {
        _session.Current = ApiProblem.Unreachable;
        var page = Render<SignInPage>();
        _session.Current = new SessionInfo { Rights = [], SetUpNeeded = false };

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("[data-testid=sign-in-submit]");
    }

    private static void Fill(IRenderedComponent<SignInPage> page, string name, string password)
    {
        page.Find("#user-name").Change(name);
        page.Find("#password").Input(password);
        page.Find("form").Submit();
    }
}
