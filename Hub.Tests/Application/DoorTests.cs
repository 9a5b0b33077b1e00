using System.Net.Sockets;
using Hub.Server;
using Hub.Server.Security.Operators;
using Xunit;

namespace Hub.Tests.Application;

public sealed class DoorTests
{
    [Theory]
    [InlineData("http://*:8080", "http://hub.example.com:8080")]
    [InlineData("http://0.0.0.0:8080", "http://hub.example.com:8080")]
    [InlineData("http://[::]:8080", "http://hub.example.com:8080")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    public void UrlAt_AnyAddress_CanBeDialled(string configured, string url) => Assert.Equal(url, One(configured).UrlAt(8080, "hub.example.com"));

    [Theory]
    [InlineData("Failed to bind to address http://127.0.0.1:8080: address already in use.", "http://127.0.0.1:8080")]
    [InlineData("Failed to bind to address http://127.0.0.1:80: address already in use.", "http://127.0.0.1:80")]
    [InlineData("Failed to bind to address http://127.0.0.2:80: address already in use.", "http://127.0.0.2:80")]
    [InlineData("Failed to bind to address https://[::]:80: address already in use.", "http://*:80")]
    [InlineData("Failed to bind to address https://[::1]:8", "http://[::1]:8")]
    public void FindNamed_BeginningOfAnother_TellsThemApart(string message, string door)
    {
        var doors = Door.Parse(new EndpointOptions { Http = "http://127.0.0.1:80;http://127.0.0.2:80;http://127.0.0.1:8080;http://*:80;http://[::1]:8", Https = "", Mqtt = "", Mqtts = "" });

        Assert.Equal(One(door), DoorRefusal.FindNamed(doors, message));
    }

    [Fact]
    public void FindNamed_ForeignAddress_FindsNone() => Assert.Null(DoorRefusal.FindNamed([One("http://127.0.0.1:80")], "Failed to bind to address http://127.0.0.1:8080: in use."));

    [Theory]
    [InlineData("http://*:443", SocketError.AccessDenied, "Hub:Endpoints:Http names http://*:443, and this process may not open ports below 1024: ")]
    [InlineData("http://*:8443", SocketError.AccessDenied, "Hub:Endpoints:Http names http://*:8443, which this process may not open: ")]
    [InlineData("http://10.0.0.1:80", SocketError.AddressNotAvailable, "Hub:Endpoints:Http names http://10.0.0.1:80, which is no address of this machine: ")]
    [InlineData("http://[::1]:80", SocketError.AddressFamilyNotSupported, "Hub:Endpoints:Http names http://[::1]:80, but this machine has no IPv6: ")]
    [InlineData("http://[::1]:80", SocketError.NetworkDown, "Hub:Endpoints:Http names http://[::1]:80, which cannot be opened (down): ")]
    public void Describe_Refusal_NamesKeyAndMend(string door, SocketError error, string begin)
    {
        var sentence = DoorRefusal.Describe(One(door), error, "down.");

        Assert.StartsWith(begin, sentence, StringComparison.Ordinal);
        Assert.Contains("set Hub:Endpoints:Http to", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_SocketExceptionWithin_FindsTheDoorThatIsRefused()
    {
        var doors = new[] { One("http://127.0.0.1:0"), One("http://203.0.113.77:0") };
        var refused = new InvalidOperationException("The start failed.", new SocketException((int)SocketError.AddressNotAvailable));

        Assert.StartsWith("Hub:Endpoints:Http names http://203.0.113.77:0,", DoorRefusal.Explain(doors, refused)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_NoDoorsFault_IsNull() => Assert.Null(DoorRefusal.Explain([One("http://127.0.0.1:0")], new InvalidOperationException("A bug.")));

    [Fact]
    public void WriteSignIn_SeveralDoors_PrintsALinkForEach()
    {
        var link = new SetUpLink();
        link.Open();
        var token = link.TokenToPrint;
        using var writer = new StringWriter();

        Announcement.WriteSignIn(writer, link, ["http://127.0.0.1:8080", "https://hub.example.com:8443"]);

        Assert.Contains($"  http://127.0.0.1:8080/portal/set-up?token={token}", writer.ToString(), StringComparison.Ordinal);
        Assert.Contains($"  https://hub.example.com:8443/portal/set-up?token={token}", writer.ToString(), StringComparison.Ordinal);
        Assert.Null(link.TokenToPrint);
    }

    [Fact]
    public void WriteSignIn_NoDoor_SaysHowToSignIn()
    {
        var link = new SetUpLink();
        link.Open();
        using var writer = new StringWriter();

        Announcement.WriteSignIn(writer, link, []);

        Assert.Contains("Hub:Portal:AdminPassword", writer.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("token=", writer.ToString(), StringComparison.Ordinal);
    }

    private static Door One(string address) => Assert.Single(Door.Parse(new EndpointOptions { Http = address, Https = "", Mqtt = "", Mqtts = "" }));
}
