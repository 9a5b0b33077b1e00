using Bunit;
using Hub.Portal.Refusals;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Operations;
using Hub.Tests.Portal.Messages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Portal;

public sealed class RefusalsPageTests : PageContext
{
    private const string Asked = $"GET {ApiRoutes.Refusals}";

    public RefusalsPageTests() => Services.AddRefusals();

    [Fact]
    public void Render_NothingRefused_SaysWhatWouldStandHere()
    {
        HubApi.Answer(Asked, new Page<Refusal>([], null));

        var page = Render<RefusalsPage>();

        Assert.Contains("Nothing was refused", page.WaitForElement("[data-testid=empty]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Refusals_LeadsToRegisteredDevicesOnly()
    {
        HubApi.Answer(Asked, new Page<Refusal>([Line("a=b", true, "Wrong key."), Line("stranger", false, "No such device."), Line(null, false, "No name.")], null));

        var page = Render<RefusalsPage>();

        page.WaitForElements("[data-testid=refusal]", 3);
        Assert.Equal("devices/a%3Db", Assert.Single(page.FindAll("[data-testid=refusal] a")).GetAttribute("href"));
        Assert.Equal(["a=b", "stranger not registered", "no name given"], page.FindAll("[data-testid=refusal] .device").Select(cell => string.Join(' ', cell.TextContent.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))));
    }

    [Fact]
    public void Search_Text_IsInTheAddressAndNarrows()
    {
        HubApi.Answer(Asked, new Page<Refusal>([Line("d1", true, "Wrong key."), Line("d2", true, "The token expired.")], null));
        var page = Render<RefusalsPage>();
        page.WaitForElements("[data-testid=refusal]", 2);

        page.Find("[data-testid=search]").Input("EXPIRED");

        page.WaitForAssertion(() => Assert.Contains("d2", Assert.Single(page.FindAll("[data-testid=refusal]")).TextContent, StringComparison.Ordinal));
        Assert.EndsWith("?q=EXPIRED", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
        page.Find("[data-testid=search]").Input("none of them");
        page.WaitForAssertion(() => Assert.Contains("No refusal matches", page.Find("[data-testid=empty]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public void Retry_AfterFailure_ShowsTheReasonThenTheLines()
    {
        HubApi.Unplug(Asked);
        var page = Render<RefusalsPage>();
        page.WaitForElement("[role=alert]");
        HubApi.Answer(Asked, new Page<Refusal>([Line("d1", true, "Wrong key.")], null));

        page.Find("[data-testid=retry]").Click();

        page.WaitForElement("[data-testid=refusal]");
        Assert.Empty(page.FindAll("[role=alert]"));
    }

    private static Refusal Line(string? device, bool isRegistered, string reason) => new()
    {
        DeviceId = device is null ? null : DeviceId.Parse(device),
        IsRegistered = isRegistered,
        Reason = reason,
        Count = 2,
        FirstTime = Telemetry.Noon,
        LastTime = Telemetry.Noon.AddMinutes(1),
        Protocol = "MQTT 5 over TCP",
        ConnectionId = "c1",
    };
}
