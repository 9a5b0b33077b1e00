using System.Net;
using System.Text.Json;
using Hub.Shared.Devices;
using Xunit;
using static Hub.Tests.Support.Answers;

namespace Hub.Tests.Protocols.Http;

/// <summary>The document of a device: what is given, taken and refused.</summary>
public sealed class RegistryDocumentTests : RegistryCalls
{
    [Fact]
    public async Task Put_NewDevice_AnswersItWithGeneratedKeysAndNoETagHeader()
    {
        // What the .NET client sends: everything, with nulls.
        using var answer = await PutAsync("d1",
            """
            {"deviceId":"d1","generationId":null,"etag":null,"connectionState":"Disconnected","status":"enabled","statusReason":null,
             "connectionStateUpdatedTime":"0001-01-01T00:00:00","lastActivityTime":"0001-01-01T00:00:00","cloudToDeviceMessageCount":0,
             "authentication":{"symmetricKey":{"primaryKey":null,"secondaryKey":""},"x509Thumbprint":{"primaryThumbprint":null,"secondaryThumbprint":null},"type":"sas"},
             "parentScopes":[]}
            """);
        var device = await JsonAsync(answer);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(answer.Headers.ETag);
        Assert.Equal(("d1", "enabled", "Disconnected"), (Text(device, "deviceId"), Text(device, "status"), Text(device, "connectionState")));
        Assert.Equal("0001-01-01T00:00:00", Text(device, "lastActivityTime"));
        Assert.NotEmpty(Text(device, "generationId"));
        Assert.NotEmpty(Text(device, "etag"));
        var keys = device.GetProperty("authentication").GetProperty("symmetricKey");
        Assert.InRange(Convert.FromBase64String(Text(keys, "primaryKey")).Length, 32, 64);
        Assert.NotEqual(Text(keys, "primaryKey"), Text(keys, "secondaryKey"));
        Assert.Equal("device.create d1 True", Assert.Single(Server.Audit.Records.Select(record => $"{record.Action} {record.Target} {record.Succeeded}")));
    }

    [Fact]
    public async Task Put_KeyWithPlus_IsShownAsItIs()
    {
        var key = Convert.ToBase64String(Enumerable.Repeat((byte)0xFB, 33).ToArray());
        using var answer = await PutAsync("d1", $$"""{"deviceId":"d1","authentication":{"symmetricKey":{"primaryKey":"{{key}}","secondaryKey":"{{key}}"} } }""");

        Assert.Contains('+', key);
        Assert.Contains($"\"primaryKey\":\"{key}\"", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_UnknownDevice_AnswersHeaderAndClassicBody()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/devices/none");
        var body = await JsonAsync(answer);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("DeviceNotFound", Code(answer));
        Assert.Equal("ErrorCode:DeviceNotFound;There is no device none.", Text(body, "Message"));
        Assert.Matches(@"^Tracking ID:[0-9a-f]{32}-G:0-TimeStamp:\d\d/\d\d/\d{4} \d\d:\d\d:\d\d$", Text(body, "ExceptionMessage"));
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Put_WholeDocumentWithoutASecondThumbprint_TakesItAway()
    {
        var (one, two) = (new string('A', 40), new string('B', 64));
        await PutAsync("d1", Document(one, two));

        using var answer = await PutAsync("d1", Document(two, null), "*");

        var prints = (await JsonAsync(answer)).GetProperty("authentication").GetProperty("x509Thumbprint");
        Assert.Equal(two, Text(prints, "primaryThumbprint"));
        Assert.Equal(JsonValueKind.Null, prints.GetProperty("secondaryThumbprint").ValueKind);
        using var without = await PutAsync("d1", Document(null, null), "*");
        Assert.Equal((HttpStatusCode.BadRequest, "ArgumentInvalid"), (without.StatusCode, Code(without)));

        static string Document(string? primary, string? secondary) => JsonSerializer.Serialize(new
        {
            deviceId = "d1",
            authentication = new { type = "selfSigned", x509Thumbprint = new { primaryThumbprint = primary, secondaryThumbprint = secondary } },
        });
    }

    [Theory]
    [InlineData("""{"deviceId":"other"}""", "ArgumentInvalid")]
    [InlineData("""{"deviceId":"d1","status":"sleeping"}""", "ArgumentInvalid")]
    [InlineData("""{"deviceId":"d1","authentication":{"type":"certificateAuthority"}}""", "ArgumentInvalid")]
    [InlineData("""{"deviceId":"d1","authentication":{"symmetricKey":{"primaryKey":"no base64!"}}}""", "ArgumentInvalid")]
    [InlineData("""{"deviceId":"d1","capabilities":{"iotEdge":true}}""", "ArgumentInvalid")]
    [InlineData("null", "ArgumentNull")]
    [InlineData("[]", "IotHubFormatError")]
    [InlineData("{", "IotHubFormatError")]
    [InlineData("", "IotHubFormatError")]
    [InlineData("""{"deviceId":"d1","deviceId":"d1"}""", "IotHubFormatError")]
    [InlineData("""{"deviceId":"d1","cloudToDeviceMessageCount":1e999999}""", "IotHubFormatError")]
    [InlineData("""{"deviceId":"\ud800"}""", "IotHubFormatError")]
    public async Task H4_Put_BadDocument_Answers400AndCreatesNothing(string body, string code)
    {
        using var answer = await PutAsync("d1", body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.StatusCode, Code(answer)));
        Assert.Null(await Server.Registry.FindAsync(DeviceId.Parse("d1"), Token));
    }

    /// <summary>What a parser could choke on.</summary>
    [Fact]
    public async Task H4_Put_HostileJson_Answers400()
    {
        string[] bodies =
        [
            string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000),
            "{" + string.Join(',', Enumerable.Range(0, 3_000).Select(i => $"\"k{i}\":1")) + ",\"deviceId\":",
            "\uFEFF{\"deviceId\":\"d1\"}",
            new string('[', 60_000),
        ];
        foreach (var body in bodies)
        {
            using var answer = await PutAsync("d1", body);
            Assert.Equal((HttpStatusCode.BadRequest, "IotHubFormatError"), (answer.StatusCode, Code(answer)));
        }

        using var invalid = await SendAsync(HttpMethod.Put, "/devices/d1", new ByteArrayContent([(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)':', (byte)'1', (byte)'}']));
        Assert.Equal(HttpStatusCode.BadRequest, invalid.StatusCode);
        using var tooLong = await PutAsync("d1", $$"""{"deviceId":"d1","statusReason":"{{new string('x', 70_000)}}"}""");
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "MessageTooLarge"), (tooLong.StatusCode, Code(tooLong)));
    }
}
