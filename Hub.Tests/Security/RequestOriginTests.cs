using Hub.Server.Security.Web;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hub.Tests.Security;

public sealed class RequestOriginTests
{
    [Theory]
    [InlineData("hub.example:8443", null, null, false)]
    [InlineData("hub.example:8443", "https://hub.example:8443", null, false)]
    [InlineData("hub.example:8443", "https://HUB.example:8443", "same-origin", false)]
    // A browser leaves the default port out of one header and a client writes it into the other.
    [InlineData("hub.example:443", "https://hub.example", null, false)]
    // Behind a proxy that ends TLS.
    [InlineData("hub.example:8443", "http://hub.example:8443", null, false)]
    [InlineData("hub.example:8443", "https://hub.example:8444", null, true)]
    [InlineData("hub.example:8443", "https://evil.example", null, true)]
    [InlineData("hub.example:8443", "null", null, true)]
    [InlineData("hub.example:8443", "ftp://hub.example:8443", null, true)]
    [InlineData("hub.example:8443", "https://hub.example:8443,https://evil.example", null, true)]
    [InlineData("hub.example:8443", null, "none", false)]
    [InlineData("hub.example:8443", null, "same-site", true)]
    [InlineData("hub.example:8443", "https://hub.example:8443", "cross-site", true)]
    public void IsAnother_WhatTheBrowserSays_Decides(string host, string? origin, string? site, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = ("https", new HostString(host));
        if (origin is not null)
            request.Headers.Origin = origin.Split(',');
        if (site is not null)
            request.Headers["Sec-Fetch-Site"] = site;

        Assert.Equal(expected, RequestOrigin.IsAnother(request));
    }
}
