using System.Net;
using Hub.Server;
using Xunit;

namespace Hub.Tests.Application;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("[::ffff:192.0.2.7]:51234", "192.0.2.7", "192.0.2.7:51234")]
    [InlineData("192.0.2.7:51234", "192.0.2.7", "192.0.2.7:51234")]
    [InlineData("[2001:db8::1]:51234", "2001:db8::1", "[2001:db8::1]:51234")]
    public void Text_OfAPeer_IsTheSameThroughDoorsOfOneFamilyAndOfBoth(string peer, string address, string withPort)
    {
        var endPoint = IPEndPoint.Parse(peer);

        Assert.Equal(address, PeerAddress.TextOf(endPoint));
        Assert.Equal(address, PeerAddress.TextOf(endPoint.Address));
        Assert.Equal(withPort, PeerAddress.WithPort(endPoint));
    }

    [Fact]
    public void Text_PeerWithoutAddress_IsNone() =>
        Assert.Equal((null, null, null), (PeerAddress.TextOf((EndPoint?)null), PeerAddress.TextOf((IPAddress?)null), PeerAddress.WithPort(null)));
}
