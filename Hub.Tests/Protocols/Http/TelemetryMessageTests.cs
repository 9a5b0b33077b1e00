using System.Net;
using System.Text;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>What becomes of a posted message, its headers and characters.</summary>
public sealed class TelemetryMessageTests : TelemetryCalls
{
    [Fact]
    public async Task Post_SingleWithAllHeaders_StoresMessageAndAnswers204()
    {
        var device = await Server.AddDeviceAsync("d1");

        using var response = await PostAsync(
            "/Devices/d1/Messages/Events?api-version=2021-04-12", ContractServer.TokenOf(device), Bytes("21.5", "text/html"),
            ("IoTHub-MessageId", "m-1"), ("iothub-correlationid", "c"), ("iothub-userid", "u"), ("iothub-to", "/devices/d1/messages/events"),
            ("iothub-expiry", "2030-01-01T00:00:00Z"), ("iothub-ack", "full"), ("iothub-contenttype", "application/json"),
            ("iothub-contentencoding", "utf-8"), ("iothub-messageschema", "s"), ("iothub-creationtimeutc", "2020-01-01T00:00:00Z"),
            ("iothub-interface-id", "i"), ("dt-subject", "thermostat"), ("iothub-operation", "d2c"), ("iothub-app-Temp", "21"), ("IOTHUB-APP-x", string.Empty));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var logged = Assert.Single(Server.Log.Messages);
        Assert.Equal("21.5", Encoding.UTF8.GetString(logged.Message.Body.Span));
        Assert.Equal(device.Id, logged.Sender.DeviceId);
        Assert.Equal(device.GenerationId, logged.Sender.GenerationId);
        var expected = new Dictionary<string, string>
        {
            [SystemPropertyNames.MessageId] = "m-1", [SystemPropertyNames.CorrelationId] = "c", [SystemPropertyNames.UserId] = "u",
            [SystemPropertyNames.To] = "/devices/d1/messages/events", [SystemPropertyNames.AbsoluteExpiryTime] = "2030-01-01T00:00:00Z",
            [SystemPropertyNames.Ack] = "full", [SystemPropertyNames.ContentType] = "application/json",
            [SystemPropertyNames.ContentEncoding] = "utf-8", [SystemPropertyNames.MessageSchema] = "s",
            [SystemPropertyNames.CreationTimeUtc] = "2020-01-01T00:00:00Z", [SystemPropertyNames.InterfaceId] = "i",
            [SystemPropertyNames.Subject] = "thermostat",
        };
        Assert.Equal(expected, logged.Message.SystemProperties.Items.ToDictionary());
        Assert.Equal(new Dictionary<string, string> { ["Temp"] = "21", ["x"] = string.Empty }, logged.Message.Properties.Items.ToDictionary());
    }

    [Fact]
    public async Task Post_ContentTypeOfTheRequest_IsNotTheMessages()
    {
        using var response = await PostAsD1Async(Bytes("x", "application/x-www-form-urlencoded"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Null(Assert.Single(Server.Log.Messages).Message.SystemProperties.ContentType);
    }

    /// <summary>The contract knows no duplicates: a message id is the sender's own affair.</summary>
    [Fact]
    public async Task D8_SameMessageIdTwice_BothAreKept()
    {
        var device = await Server.AddDeviceAsync("d1");
        foreach (var body in (string[])["first", "second"])
        {
            using var response = await PostAsync(
                "/devices/d1/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes(body, "text/plain"), ("iothub-messageid", "m-1"));
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }

        Assert.Equal(["first", "second"], Server.Log.Messages.Select(logged => Encoding.UTF8.GetString(logged.Message.Body.Span)));
        Assert.All(Server.Log.Messages, logged => Assert.Equal("m-1", logged.Message.SystemProperties[SystemPropertyNames.MessageId]));
    }

    [Fact]
    [Trait("Promise", "P-6")]
    public async Task Post_ForgedStamps_AreDropped()
    {
        using var response = await PostAsD1Async(
            Bytes("x", "text/plain"), ("iothub-connection-device-id", "other"), ("iothub-enqueuedtime", "then"),
            ("iothub-app-iothub-connection-device-id", "other"), ("iothub-app-iothub-message-source", "twinChangeEvents"), ("iothub-app-own", "1"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var logged = Assert.Single(Server.Log.Messages);
        Assert.Equal("d1", logged.Sender.DeviceId.Value);
        Assert.Empty(logged.Message.SystemProperties.Items);
        Assert.Equal("own", Assert.Single(logged.Message.Properties.Items).Key);
    }

    [Theory]
    [InlineData("iothub-app-x", "a b")]
    [InlineData("iothub-app-x", "a/b")]
    [InlineData("iothub-app-x", "é")]
    [InlineData("iothub-app-", "v")]
    [InlineData("iothub-messageid", "a/b")]
    public async Task H9_Post_CharacterOutsideTheSet_Answers400(string name, string value)
    {
        var device = await Server.AddDeviceAsync("d1");
        var sent = await RawHttp.PostAsync(Server.Address, "/devices/d1/messages/events?api-version=1", ContractServer.TokenOf(device), name, value);

        Assert.StartsWith("HTTP/1.1 400 ", sent, StringComparison.Ordinal);
        Assert.Contains("iothub-errorcode: ArgumentInvalid", sent, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Server.Log.Messages);
    }

    [Theory]
    [InlineData("!#$%&'*+-.^_`|~09azAZ")]
    [InlineData("a%00b")]
    [InlineData("$body")]
    public async Task H9_Post_CharactersOfTheSet_ArriveAsTheyAre(string text)
    {
        using var response = await PostAsD1Async(
            Bytes($$$"""[{"body":"","properties":{"iothub-app-{{{text}}}":"{{{text}}}"}}]""", Batch));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(new KeyValuePair<string, string>(text, text), Assert.Single(Assert.Single(Server.Log.Messages).Message.Properties.Items));
    }
}
