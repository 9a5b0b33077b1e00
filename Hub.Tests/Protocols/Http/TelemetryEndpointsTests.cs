using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Http;

public sealed class TelemetryEndpointsTests : IAsyncLifetime
{
    private const string Batch = "application/vnd.microsoft.iothub.json";
    private ContractServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ContractServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Post_SingleWithAllHeaders_StoresMessageAndAnswers204()
    {
        var device = await _server.AddDeviceAsync("d1");

        using var response = await PostAsync(
            "/Devices/d1/Messages/Events?api-version=2021-04-12", ContractServer.TokenOf(device), Bytes("21.5", "text/html"),
            ("IoTHub-MessageId", "m-1"), ("iothub-correlationid", "c"), ("iothub-userid", "u"), ("iothub-to", "/devices/d1/messages/events"),
            ("iothub-expiry", "2030-01-01T00:00:00Z"), ("iothub-ack", "full"), ("iothub-contenttype", "application/json"),
            ("iothub-contentencoding", "utf-8"), ("iothub-messageschema", "s"), ("iothub-creationtimeutc", "2020-01-01T00:00:00Z"),
            ("iothub-interface-id", "i"), ("dt-subject", "thermostat"), ("iothub-operation", "d2c"), ("iothub-app-Temp", "21"), ("IOTHUB-APP-x", string.Empty));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var logged = Assert.Single(_server.Log.Messages);
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
        Assert.Null(Assert.Single(_server.Log.Messages).Message.SystemProperties.ContentType);
    }

    /// <summary>The contract knows no duplicates: a message id is the sender's own affair.</summary>
    [Fact]
    public async Task D8_SameMessageIdTwice_BothAreKept()
    {
        var device = await _server.AddDeviceAsync("d1");
        foreach (var body in (string[])["first", "second"])
        {
            using var response = await PostAsync(
                "/devices/d1/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes(body, "text/plain"), ("iothub-messageid", "m-1"));
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }

        Assert.Equal(["first", "second"], _server.Log.Messages.Select(logged => Encoding.UTF8.GetString(logged.Message.Body.Span)));
        Assert.All(_server.Log.Messages, logged => Assert.Equal("m-1", logged.Message.SystemProperties.MessageId));
    }

    [Fact]
    public async Task Post_Batch_StoresEachInOrder()
    {
        using var response = await PostAsD1Async(Bytes(
            """
            [{"body":"AAH/","properties":{"iothub-messageid":"1","iothub-app-temp":"20","iothub-app-iothub-creation-time-utc":"2020-01-01T00:00:00Z"}},
             {"body":"text","base64Encoded":false,"properties":{"iothub-app-n":5,"iothub-app-t":true}},
             {"body":""}]
            """,
            Batch + "; charset=utf-8"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var messages = _server.Log.Messages;
        Assert.Equal([0, 1, 2], messages.Select(message => message.SequenceNumber));
        Assert.Equal([0, 1, 255], messages[0].Message.Body.ToArray());
        Assert.Equal("1", messages[0].Message.SystemProperties.MessageId);
        Assert.Equal("2020-01-01T00:00:00Z", messages[0].Message.SystemProperties[SystemPropertyNames.CreationTimeUtc]);
        Assert.Equal("20", Assert.Single(messages[0].Message.Properties.Items).Value);
        Assert.Equal("text", Encoding.UTF8.GetString(messages[1].Message.Body.Span));
        Assert.Equal(["5", "true"], messages[1].Message.Properties.Items.Select(item => item.Value));
        Assert.True(messages[2].Message.Body.IsEmpty);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("[{\"body\":\"no base64!\"}]")]
    [InlineData("[{\"body\":5}]")]
    [InlineData("[{\"body\":\"AA==\",\"properties\":[]}]")]
    [InlineData("[{\"body\":\"AA==\",\"properties\":{\"iothub-app-x\":{}}}]")]
    [InlineData("[{\"body\":\"AA==\",\"body\":\"AA==\"}]")]
    [InlineData("[{\"body\":\"\\ud800\",\"base64Encoded\":false}]")]
    [InlineData("\uFEFF[{\"body\":\"AA==\"}]")]
    [InlineData("[{\"body\":\"AA==\"},{\"body\":\"AA==\",\"properties\":{\"iothub-app-x\":\"a b\"}}]")]
    public async Task H4_Post_BadBatch_Answers400AndStoresNothing(string body)
    {
        using var response = await PostAsD1Async(Bytes(body, Batch));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(_server.Log.Messages);
        Assert.Equal(1, _server.Get<IngestMetrics>().RejectedByReason[IngestMetrics.Malformed]);
    }

    [Fact]
    public async Task H4_Post_BatchOfDepth100000_Answers400()
    {
        using var response = await PostAsD1Async(Bytes(new string('[', 100_000), Batch));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData(500, HttpStatusCode.NoContent)]
    [InlineData(501, HttpStatusCode.BadRequest)]
    public async Task Post_BatchOfManyMessages_TakesFiveHundred(int count, HttpStatusCode expected)
    {
        using var response = await PostAsD1Async(Bytes("[" + string.Join(',', Enumerable.Repeat("""{"body":"AA=="}""", count)) + "]", Batch));

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.NoContent ? count : 0, _server.Log.Messages.Count);
    }

    [Theory]
    [InlineData(262_144, "", HttpStatusCode.NoContent)]
    [InlineData(262_145, "", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(262_143, "v", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(262_142, "v", HttpStatusCode.NoContent)]
    public async Task H2_Post_Single_IsBoundedWithItsProperties(int bodyBytes, string value, HttpStatusCode expected)
    {
        using var response = value.Length == 0
            ? await PostAsD1Async(Bytes(new string('b', bodyBytes), "text/plain"))
            : await PostAsD1Async(Bytes(new string('b', bodyBytes), "text/plain"), ("iothub-app-x", value));

        Assert.Equal(expected, response.StatusCode);
        if (expected != HttpStatusCode.NoContent)
            Assert.Equal("MessageTooLarge", Assert.Single(response.Headers.GetValues("iothub-errorcode")));
        Assert.Equal(expected == HttpStatusCode.NoContent ? 1 : 0, _server.Log.Messages.Count);
    }

    [Theory]
    [InlineData(131_072, HttpStatusCode.NoContent)]
    [InlineData(131_073, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Post_Batch_IsBoundedAsAWhole(int bytesOfSecond, HttpStatusCode expected)
    {
        static string Item(int bytes) => $$"""{"body":"{{Convert.ToBase64String(new byte[bytes])}}"}""";

        using var response = await PostAsD1Async(Bytes($"[{Item(131_072)},{Item(bytesOfSecond)}]", Batch));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task H2_Post_EndlessChunks_Answers413WithoutReadingOn()
    {
        var device = await _server.AddDeviceAsync("d1");
        var endless = new EndlessContent();

        using var response = await PostAsync("/devices/d1/messages/events?api-version=1", ContractServer.TokenOf(device), endless);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(_server.Log.Messages);
    }

    [Theory]
    [InlineData("iothub-app-x", "a b")]
    [InlineData("iothub-app-x", "a/b")]
    [InlineData("iothub-app-x", "é")]
    [InlineData("iothub-app-", "v")]
    [InlineData("iothub-messageid", "a/b")]
    public async Task H9_Post_CharacterOutsideTheSet_Answers400(string name, string value)
    {
        var device = await _server.AddDeviceAsync("d1");
        var sent = await RawHttp.PostAsync(_server.Address, "/devices/d1/messages/events?api-version=1", ContractServer.TokenOf(device), name, value);

        Assert.StartsWith("HTTP/1.1 400 ", sent, StringComparison.Ordinal);
        Assert.Contains("iothub-errorcode: ArgumentInvalid", sent, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_server.Log.Messages);
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
        Assert.Equal(new KeyValuePair<string, string>(text, text), Assert.Single(Assert.Single(_server.Log.Messages).Message.Properties.Items));
    }

    [Fact]
    [Trait("Promise", "P-6")]
    public async Task Post_ForgedStamps_AreDropped()
    {
        using var response = await PostAsD1Async(
            Bytes("x", "text/plain"), ("iothub-connection-device-id", "other"), ("iothub-enqueuedtime", "then"),
            ("iothub-app-iothub-connection-device-id", "other"), ("iothub-app-iothub-message-source", "twinChangeEvents"), ("iothub-app-own", "1"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        var logged = Assert.Single(_server.Log.Messages);
        Assert.Equal("d1", logged.Sender.DeviceId.Value);
        Assert.Empty(logged.Message.SystemProperties.Items);
        Assert.Equal("own", Assert.Single(logged.Message.Properties.Items).Key);
    }

    [Theory]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("100%", "100%25")]
    [InlineData("a:b@c", "a:b@c")]
    [InlineData("it's(1),=!*?$", "it's(1),=!*%3F$")]
    [InlineData("%41", "%2541")]
    [InlineData("CON", "CON")]
    public async Task H10_Post_OddIds_AreDecodedOnce(string id, string inPath)
    {
        var device = await _server.AddDeviceAsync(id);

        using var response = await PostAsync($"/devices/{inPath}/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(id, Assert.Single(_server.Log.Messages).Sender.DeviceId.Value);
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%20b")]
    [InlineData("%E2%80%AEa")]
    [InlineData("a+b")]
    [InlineData("x/../d1")]
    [InlineData("x/%2e%2e/d1")]
    public async Task H10_Post_PathThatNamesNoDevice_IsRefused(string inPath)
    {
        var device = await _server.AddDeviceAsync("d1");
        await _server.AddDeviceAsync("x");

        using var response = await PostAsync($"/devices/{inPath}/messages/events?api-version=1", ContractServer.TokenOf(device), Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(_server.Log.Messages);
    }

    [Fact]
    public async Task Post_Refused_TheReasonStandsInTheHistoryOfTheDevice()
    {
        await _server.AddDeviceAsync("d1");

        using var response = await PostAsync(
            "/devices/d1/messages/events?api-version=1", "SharedAccessSignature sr=localhost%2Fdevices%2Fd1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&se=1", Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var history = _server.Get<IConnectionHistoryStore>();
        IReadOnlyList<ConnectionHistoryEntry> lines = [];
        await Eventually.TrueAsync(async () => (lines = await history.ListAsync(DeviceId.Parse("d1"), TestContext.Current.CancellationToken)).Count > 0);
        var line = Assert.Single(lines);
        Assert.Equal((ConnectionEvent.Refused, "HTTP"), (line.Event, line.Protocol));
        Assert.Contains("neither key", line.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_TooLargeOrMalformed_TheReasonStandsInTheHistoryOfTheDevice()
    {
        var device = await _server.AddDeviceAsync("d1");
        const string path = "/devices/d1/messages/events?api-version=1";

        using var large = await PostAsync(path, ContractServer.TokenOf(device), Bytes(new string('x', 262_145), "text/plain"));
        using var malformed = await PostAsync(path, ContractServer.TokenOf(device), Bytes("[", "application/vnd.microsoft.iothub.json"));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.BadRequest), (large.StatusCode, malformed.StatusCode));
        IReadOnlyList<ConnectionHistoryEntry> lines = [];
        await Eventually.TrueAsync(async () =>
            (lines = await _server.Get<IConnectionHistoryStore>().ListAsync(DeviceId.Parse("d1"), TestContext.Current.CancellationToken)).Count == 2);
        Assert.All(lines, line => Assert.Equal((ConnectionEvent.Refused, "HTTP"), (line.Event, line.Protocol)));
        Assert.Contains(lines, line => line.Reason!.Contains("at most 262144 bytes", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Reason!.Contains("JSON", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Promise", "P-6")]
    public async Task Post_WithoutRight_HearsTheSameWhateverTheReason()
    {
        var d1 = await _server.AddDeviceAsync("d1");
        var d2 = await _server.AddDeviceAsync("d2");
        await _server.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        var answers = new List<string>();
        foreach (var (id, token) in new[]
        {
            ("d1", null), ("d1", "SharedAccessSignature nonsense"), ("d1", ContractServer.TokenOf(d2)), ("none", ContractServer.TokenOf(d1)),
            ("off", ContractServer.TokenOf(d1)), ("d1", _server.TokenOfPolicy("service")),
        })
        {
            using var response = await PostAsync($"/devices/{id}/messages/events?api-version=1", token, Bytes("x", "text/plain"));
            var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
            answers.Add($"{(int)response.StatusCode} {response.Headers.GetValues("iothub-errorcode").Single()} {body.GetProperty("Message").GetString()}");
        }

        Assert.Equal("401 IotHubUnauthorizedAccess ErrorCode:IotHubUnauthorizedAccess;Not authorised.", Assert.Single(answers.Distinct()));
        Assert.Empty(_server.Log.Messages);
    }

    [Fact]
    public async Task Post_WithoutApiVersion_Answers400001()
    {
        var device = await _server.AddDeviceAsync("d1");

        using var response = await PostAsync("/devices/d1/messages/events", ContractServer.TokenOf(device), Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("InvalidProtocolVersion", Assert.Single(response.Headers.GetValues("iothub-errorcode")));
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Post_StoreFails_Answers503WithRetryAfter()
    {
        _server.Log.Fault = MessageLogFault.Full;
        using var first = await PostAsD1Async(Bytes("x", "text/plain"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
        Assert.Equal("ServiceUnavailable", Assert.Single(first.Headers.GetValues("iothub-errorcode")));
        Assert.NotNull(first.Headers.RetryAfter);
        Assert.Empty(_server.Log.Messages);
    }

    private async Task<HttpResponseMessage> PostAsD1Async(HttpContent content, params (string Name, string Value)[] headers) =>
        await PostAsync("/devices/d1/messages/events?api-version=2020-09-30", ContractServer.TokenOf(await _server.AddDeviceAsync("d1")), content, headers);

    private Task<HttpResponseMessage> PostAsync(string path, string? token, HttpContent content, params (string Name, string Value)[] headers) =>
        _server.SendAsync(HttpMethod.Post, path, token, content, headers);

    private static ByteArrayContent Bytes(string body, string contentType) =>
        new(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };

    /// <summary>Sends chunks until the server has had enough.</summary>
    private sealed class EndlessContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var chunk = new byte[8192];
            // A hundred times what is allowed, in case nobody stops it.
            for (var i = 0; i < 3200; i++)
                await stream.WriteAsync(chunk, TestContext.Current.CancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
