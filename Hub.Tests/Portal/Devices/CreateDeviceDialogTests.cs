using System.Net;
using Bunit;
using Hub.Portal.Devices;
using Hub.Portal.Shell;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Portal.Devices;

public sealed class CreateDeviceDialogTests : PageContext
{
    private const string Created = $"PUT {ApiRoutes.Devices}/pump-1";
    private static readonly string Thumbprint = string.Join(':', Enumerable.Repeat("aB", 20));
    private readonly IRenderedComponent<PortalProviders> _layers;

    public CreateDeviceDialogTests()
    {
        HubApi.Answer($"GET {ApiRoutes.Devices}", new DevicePage { Items = [], TotalCount = 0 });
        Navigation.NavigateTo("devices?new=true");
        _layers = RenderLayers();
        Render<DevicesPage>();
        _layers.WaitForElement("[data-testid=create-dialog]");
    }

    [Fact]
    public void Open_NothingTyped_TellsTheRuleAndNoFault()
    {
        Assert.Contains("1 to 128 letters, digits", Hint, StringComparison.Ordinal);
        Assert.Equal("false", _layers.Find("#device-id").GetAttribute("aria-invalid"));
    }

    [Theory]
    [InlineData("", "Enter an id.")]
    [InlineData("a/b", "“/” is not allowed.")]
    [InlineData("a b", "A space is not allowed.")]
    [InlineData("..", "“.” and “..” cannot be ids.")]
    public void Create_IdIsWrong_SaysWhyAndSendsNothing(string id, string fault)
    {
        _layers.Find("#device-id").Input(id);

        Submit();

        _layers.WaitForAssertion(() => Assert.Contains(fault, Hint, StringComparison.Ordinal));
        Assert.Equal("true", _layers.Find("#device-id").GetAttribute("aria-invalid"));
        Assert.DoesNotContain(HubApi.Requests, request => request.What.StartsWith("PUT", StringComparison.Ordinal));
    }

    [Fact]
    public void Type_IdIsTooLong_SaysHowLongItIs()
    {
        _layers.Find("#device-id").Input(new string('x', 129));

        _layers.WaitForAssertion(() => Assert.Contains("129 of at most 128 characters.", Hint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Create_SharedKey_IsSentWithItsTagsAndOpensTheDevice()
    {
        HubApi.Answer(Created, Device("pump-1"));
        _layers.Find("#device-id").Input("pump-1");
        _layers.Find("[data-testid=tag-add]").Click();
        _layers.WaitForElement("[data-testid=tag-name]").Change("site");
        _layers.Find("[data-testid=tag-value]").Change("north");

        Submit();

        await Eventually.TrueAsync(() => Address == "devices/pump-1");
        var sent = HubApi.Last(Created);
        Assert.Null(sent.Header("If-Match"));
        Assert.Equal("sas", sent.Json.GetProperty("authenticationType").GetString());
        Assert.Equal("north", sent.Json.GetProperty("tags").GetProperty("site").GetString());
        _layers.WaitForAssertion(() => Assert.Empty(_layers.FindAll("[data-testid=create-dialog]")));
    }

    [Fact]
    public void Create_TwoTagsOfOneName_SaysSoAndSendsNothing()
    {
        _layers.Find("#device-id").Input("pump-1");
        for (var i = 0; i < 2; i++)
        {
            _layers.Find("[data-testid=tag-add]").Click();
            _layers.WaitForElements("[data-testid=tag-name]", i + 1)[i].Change("site");
        }

        Submit();

        Assert.Contains("Two tags have the name site.", _layers.WaitForElement("[data-testid=fault]").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, HubApi.Count(Created));
    }

    [Theory]
    [InlineData("", "Enter the thumbprint.")]
    [InlineData("abc", "3 hex digits; a thumbprint has 40 or 64.")]
    [InlineData("xyz", "A thumbprint has only the digits 0-9 and A-F.")]
    public void Create_ThumbprintIsWrong_SaysWhyAndSendsNothing(string thumbprint, string fault)
    {
        _layers.Find("#device-id").Input("pump-1");
        _layers.Find("[data-testid=choose-x509]").Change(true);
        _layers.WaitForElement("#primary-thumbprint").Input(thumbprint);

        Submit();

        Assert.Contains(fault, _layers.WaitForElement("[data-testid=fault]").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, HubApi.Count(Created));
    }

    [Fact]
    public async Task Create_Certificate_IsSentAsTheRegistryTakesIt()
    {
        HubApi.Answer(Created, Device("pump-1"));
        _layers.Find("#device-id").Input("pump-1");
        _layers.Find("[data-testid=choose-x509]").Change(true);
        _layers.WaitForElement("#primary-thumbprint").Input(Thumbprint);

        Submit();

        await Eventually.TrueAsync(() => HubApi.Count(Created) == 1);
        var sent = HubApi.Last(Created).Json;
        Assert.Equal("selfSigned", sent.GetProperty("authenticationType").GetString());
        Assert.Equal(string.Concat(Enumerable.Repeat("AB", 20)), sent.GetProperty("primaryThumbprint").GetString());
    }

    [Theory]
    [InlineData(HttpStatusCode.Conflict, "A device with this id exists already.")]
    [InlineData(HttpStatusCode.Forbidden, "The registry is full.")]
    public void Create_HubRefuses_SaysWhyAndStaysOpen(HttpStatusCode status, string expected)
    {
        HubApi.Refuse(Created, status, "The registry is full.");
        _layers.Find("#device-id").Input("pump-1");

        Submit();

        _layers.WaitForAssertion(() => Assert.Contains(expected, _layers.Find("[data-testid=fault]").TextContent, StringComparison.Ordinal));
        Assert.Equal("pump-1", _layers.Find("#device-id").GetAttribute("value"));
        Assert.False(_layers.Find("[data-testid=create-submit]").HasAttribute("disabled"));
    }

    [Fact]
    public void Cancel_Clicked_ClosesAndTakesTheDialogOutOfTheUrl()
    {
        _layers.FindAll("button").Single(button => button.TextContent == "Cancel").Click();

        _layers.WaitForAssertion(() => Assert.Empty(_layers.FindAll("[data-testid=create-dialog]")));
        Assert.Equal("devices", Address);
    }

    private string Hint => _layers.Find("[data-testid=id-hint]").TextContent;

    private void Submit() => _layers.Find("#create-device").Submit();
}
