using Hub.Portal.Session;
using Xunit;

namespace Hub.Tests.Portal;

public sealed class LocalReturnTests
{
    private static readonly Uri Portal = new("https://hub.example/portal/");

    [Theory]
    [InlineData("devices?q=a", "https://hub.example/portal/devices?q=a")]
    [InlineData("devices/a%2525", "https://hub.example/portal/devices/a%2525")]
    [InlineData(null, "https://hub.example/portal/")]
    [InlineData("", "https://hub.example/portal/")]
    [InlineData("https://evil.example/", "https://hub.example/portal/")]
    [InlineData("//evil.example/", "https://hub.example/portal/")]
    [InlineData("\\\\evil.example", "https://hub.example/portal/")]
    [InlineData("../api/v1/session", "https://hub.example/portal/")]
    [InlineData("javascript:alert(1)", "https://hub.example/portal/")]
    [InlineData("sign-in?returnUrl=sign-in", "https://hub.example/portal/")]
    public void Resolve_AnyAddress_StaysInThePortal(string? returnUrl, string expected) =>
        Assert.Equal(expected, LocalReturn.Resolve(returnUrl, Portal));
}
