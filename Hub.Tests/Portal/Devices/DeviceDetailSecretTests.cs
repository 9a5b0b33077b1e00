using System.Net;
using Bunit;
using Hub.Shared.Devices;
using Hub.Tests.Portal.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

/// <summary>How the page deals with keys and tokens.</summary>
public sealed class DeviceDetailSecretTests : DeviceDetailContext
{
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
}
