using System.Net;
using Bunit;
using Hub.Portal.Devices;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Xunit;

namespace Hub.Tests.Portal.Devices;

public sealed class ThumbprintsEditorTests : PageContext
{
    private const string Changed = $"PUT {ApiRoutes.Devices}/d1";
    private static readonly string One = new('A', 40);
    private static readonly string Two = new('B', 64);

    private DeviceDetails? _replaced;
    private int _conflicts;

    [Fact]
    public void Save_NextCertificateBesideTheOldOne_SendsBothAsDigitsOverTheVersionThatWasShown()
    {
        HubApi.Answer(Changed, Certified(One, Two));
        var editor = RenderEditor(Certified(One, null));
        Assert.Equal(One, editor.Find("[data-testid=primary]").TextContent);

        editor.Find("[data-testid=edit-thumbprints]").Click();
        editor.Find("#secondary-thumbprint").Input(string.Join(':', Two.ToLowerInvariant().Chunk(2).Select(pair => new string(pair))));
        editor.Find("form").Submit();

        editor.WaitForElement("[data-testid=edit-thumbprints]");
        var sent = HubApi.Last(Changed);
        Assert.Equal((One, Two), (sent.Json.GetProperty("primaryThumbprint").GetString(), sent.Json.GetProperty("secondaryThumbprint").GetString()));
        Assert.Equal("\"etag-1\"", sent.Header("If-Match"));
        Assert.Equal(Two, _replaced!.SecondaryThumbprint);
    }

    [Fact]
    public void Save_OldOneEmptied_TakesItAway()
    {
        HubApi.Answer(Changed, Certified(null, Two));
        var editor = RenderEditor(Certified(One, Two));
        editor.Find("[data-testid=edit-thumbprints]").Click();

        editor.Find("#primary-thumbprint").Input(string.Empty);
        editor.Find("form").Submit();

        editor.WaitForElement("[data-testid=edit-thumbprints]");
        Assert.Equal(string.Empty, HubApi.Last(Changed).Json.GetProperty("primaryThumbprint").GetString());
    }

    [Theory]
    [InlineData("", "Enter the thumbprint.")]
    [InlineData("xyz", "A thumbprint has only the digits 0-9 and A-F.")]
    [InlineData("AB", "2 hex digits; a thumbprint has 40 or 64.")]
    public void Save_NoThumbprint_SaysWhyAndSendsNothing(string text, string expected)
    {
        var editor = RenderEditor(Certified(One, null));
        editor.Find("[data-testid=edit-thumbprints]").Click();

        editor.Find("#primary-thumbprint").Input(text);
        editor.Find("form").Submit();

        Assert.Contains(expected, editor.Find("[data-testid=thumbprints-fault]").TextContent, StringComparison.Ordinal);
        Assert.Equal(0, HubApi.Count(Changed));
    }

    [Fact]
    public void Save_ChangedByAnotherMeanwhile_KeepsWhatWasTypedAndAsksForTheNewVersion()
    {
        HubApi.Refuse(Changed, HttpStatusCode.PreconditionFailed);
        var editor = RenderEditor(Certified(One, null));
        editor.Find("[data-testid=edit-thumbprints]").Click();

        editor.Find("#secondary-thumbprint").Input(Two);
        editor.Find("form").Submit();

        editor.WaitForAssertion(() => Assert.Contains("The device was changed meanwhile.", editor.Find("[data-testid=thumbprints-fault]").TextContent, StringComparison.Ordinal));
        Assert.Equal(1, _conflicts);
        Assert.Equal(Two, editor.Find("#secondary-thumbprint").GetAttribute("value"));
    }

    [Fact]
    public void Render_MayOnlyRead_OffersNoChange()
    {
        Operator.SetRoles(OperatorRights.RegistryRead);

        Assert.Empty(RenderEditor(Certified(One, null)).FindAll("[data-testid=edit-thumbprints]"));
    }

    private static DeviceDetails Certified(string? primary, string? secondary) =>
        Device("d1") with { AuthenticationType = AuthenticationType.SelfSigned, PrimaryThumbprint = primary, SecondaryThumbprint = secondary };

    private IRenderedComponent<ThumbprintsEditor> RenderEditor(DeviceDetails device) => Render<ThumbprintsEditor>(parameters => parameters
        .Add(editor => editor.Device, device)
        .Add(editor => editor.Changed, changed => _replaced = changed)
        .Add(editor => editor.Conflict, () => _conflicts++));
}
