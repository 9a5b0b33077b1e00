using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Protocols.Http;

public sealed class RegistryEndpointsTests : IAsyncLifetime
{
    private const string Version = "?api-version=2021-04-12";
    private ContractServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ContractServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

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
        Assert.Equal("device.create d1 True", Assert.Single(_server.Audit.Records.Select(record => $"{record.Action} {record.Target} {record.Succeeded}")));
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

    [Fact]
    public async Task Put_ExistingWithoutIfMatch_IsConflict()
    {
        await _server.AddDeviceAsync("d1");

        using var answer = await PutAsync("d1", """{"deviceId":"d1"}""");

        Assert.Equal((HttpStatusCode.Conflict, "DeviceAlreadyExists"), (answer.StatusCode, Code(answer)));
    }

    [Theory]
    [InlineData("\"{0}\"", 200)]
    [InlineData("{0}", 200)]
    [InlineData("\"*\"", 200)]
    [InlineData("*", 200)]
    [InlineData("\"stale\"", 412)]
    [InlineData("stale", 412)]
    public async Task H12_Put_IfMatch_HoldsOrRefuses(string ifMatch, int status)
    {
        var device = await _server.AddDeviceAsync("d1");

        using var answer = await PutAsync("d1", """{"deviceId":"d1","status":"disabled","statusReason":"why"}""", ifMatch.Replace("{0}", device.ETag, StringComparison.Ordinal));

        Assert.Equal(status, (int)answer.StatusCode);
        var after = (await _server.Registry.FindAsync(device.Id, Token))!;
        Assert.Equal(status == 200 ? (DeviceStatus.Disabled, "why") : (DeviceStatus.Enabled, null), (after.Status, after.StatusReason));
        if (status == 412)
            Assert.Equal("PreconditionFailed", Code(answer));
        else
            Assert.NotEqual(device.ETag, Text(await JsonAsync(answer), "etag"));
    }

    [Fact]
    public async Task H12_Put_IfMatchOfUnknownDevice_IsNotFound()
    {
        using var answer = await PutAsync("d1", """{"deviceId":"d1"}""", "*");

        Assert.Equal((HttpStatusCode.NotFound, "DeviceNotFound"), (answer.StatusCode, Code(answer)));
    }

    [Fact]
    public async Task H12_Put_ManyAtOnceWithOneETag_ExactlyOneWinsEachRound()
    {
        var device = await _server.AddDeviceAsync("d1");
        var etag = device.ETag;
        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
                i => PutAsync("d1", $$"""{"deviceId":"d1","statusReason":"{{round}}-{{i}}"}""", $"\"{etag}\"")));
            var won = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
            Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
            var shown = await JsonAsync(won);
            var kept = (await _server.Registry.FindAsync(device.Id, Token))!;
            Assert.Equal((kept.ETag, kept.StatusReason), (Text(shown, "etag"), Text(shown, "statusReason")));
            etag = kept.ETag;
        }
    }

    [Theory]
    [InlineData(null, 412)]
    [InlineData("\"stale\"", 412)]
    [InlineData("*", 204)]
    [InlineData("\"*\"", 204)]
    public async Task H12_Delete_IfMatch_HoldsOrRefuses(string? ifMatch, int status)
    {
        await _server.AddDeviceAsync("d1");

        using var answer = await DeleteAsync("d1", ifMatch);
        using var after = await SendAsync(HttpMethod.Get, "/devices/d1");

        Assert.Equal((status, status == 204 ? 404 : 200), ((int)answer.StatusCode, (int)after.StatusCode));
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
        Assert.Null(await _server.Registry.FindAsync(DeviceId.Parse("d1"), Token));
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

    /// <summary>Ids, each over every call that carries one.</summary>
    [Theory]
    [InlineData("%2e%2e")]
    [InlineData("a%2Fb")]
    [InlineData("a%20b")]
    [InlineData("a%00b")]
    [InlineData("%E2%80%AEa")]
    [InlineData("a+b")]
    [InlineData("a%23b")]
    [InlineData("%C3%BC")]
    [InlineData("x/../d1")]
    [InlineData("x/%2e%2e/d1")]
    [InlineData("129")]
    public async Task H10_AnyCall_PathThatNamesNoDevice_IsRefusedAndTouchesNothing(string inPath)
    {
        var d1 = await _server.AddDeviceAsync("d1");
        var target = inPath == "129" ? new string('a', 129) : inPath;

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete })
        {
            using var answer = await SendAsync(method, $"/devices/{target}", method == HttpMethod.Put ? Json("{}") : null, ("If-Match", "*"));
            Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed });
        }

        Assert.Equal(d1, await _server.Registry.FindAsync(d1.Id, Token));
        Assert.Equal(1, (await _server.Registry.CountAsync(Token)).Total);
    }

    [Theory]
    [InlineData("a:b@c", "a:b@c")]
    [InlineData("100%", "100%25")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("it's(1),=!*?$", "it's(1),=!*%3F$")]
    [InlineData("CON", "CON")]
    public async Task H10_PutGetDelete_OddIds_AreDecodedOnce(string id, string inPath)
    {
        using var put = await PutAsync(inPath, JsonSerializer.Serialize(new { deviceId = id }));
        using var get = await SendAsync(HttpMethod.Get, $"/devices/{inPath}");
        using var delete = await DeleteAsync(inPath, "*");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.NoContent), (put.StatusCode, get.StatusCode, delete.StatusCode));
        Assert.Equal(id, Text(await JsonAsync(get), "deviceId"));
    }

    [Fact]
    public async Task H10_Get_IdsOfOtherCase_AreOtherDevices()
    {
        await _server.AddDeviceAsync("A");

        using var lower = await SendAsync(HttpMethod.Get, "/DEVICES/a");
        using var upper = await SendAsync(HttpMethod.Get, "/DEVICES/A");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (lower.StatusCode, upper.StatusCode));
    }

    [Fact]
    public async Task List_Top_BoundsTheAnswer()
    {
        foreach (var id in new[] { "a", "b", "c" })
            await _server.AddDeviceAsync(id);

        using var all = await SendAsync(HttpMethod.Get, "/devices/");
        using var two = await SendAsync(HttpMethod.Get, "/devices", null, [], "&top=2");
        using var capped = await SendAsync(HttpMethod.Get, "/devices", null, [], "&top=1000000000");

        Assert.Equal(
            (3, 2, 3), ((await JsonAsync(all)).GetArrayLength(), (await JsonAsync(two)).GetArrayLength(), (await JsonAsync(capped)).GetArrayLength()));
        foreach (var top in new[] { "-1", "0", "x", "" })
        {
            using var refused = await SendAsync(HttpMethod.Get, "/devices", null, [], $"&top={top}");
            Assert.Equal((HttpStatusCode.BadRequest, "ArgumentInvalid"), (refused.StatusCode, Code(refused)));
        }
    }

    [Fact]
    public async Task Bulk_SomeFail_AppliesTheOthersAndNamesThem()
    {
        var stale = await _server.AddDeviceAsync("stale");
        await _server.AddDeviceAsync("gone");
        await _server.AddDeviceAsync("taken");

        using var answer = await SendAsync(HttpMethod.Post, "/devices", Json(
            """
            [{"id":"new","importMode":"create","tags":{"site":"north"}},{"id":"taken","importMode":"create"},{"id":"gone","importMode":"delete"},
             {"id":"stale","importMode":"updateIfMatchETag","eTag":"other","status":"disabled"},{"id":"none","importMode":"update"},{"id":"a b"},
             {"id":"x","importMode":"explode"},{"id":"y","importMode":"deleteIfMatchETag"},null]
            """));
        var result = await JsonAsync(answer);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("BulkRegistryOperationFailure", answer.Headers.GetValues("IotHubErrorCode").Single());
        Assert.False(result.GetProperty("isSuccessful").GetBoolean());
        Assert.Equal(
            ["taken 409001", "stale 412001", "none 404001", "a b 400004", "x 400004", "y 400005", " 400004"],
            result.GetProperty("errors").EnumerateArray().Select(error => $"{Text(error, "deviceId")} {error.GetProperty("errorCode").GetInt32()}"));
        Assert.Empty(result.GetProperty("warnings").EnumerateArray());
        Assert.Equal("north", (await _server.Registry.FindAsync(DeviceId.Parse("new"), Token))!.Tags["site"]);
        Assert.Null(await _server.Registry.FindAsync(DeviceId.Parse("gone"), Token));
        Assert.Equal(stale, await _server.Registry.FindAsync(stale.Id, Token));
    }

    [Fact]
    public async Task Bulk_Counts_AreBounded()
    {
        static string Items(int count) => "[" + string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"id":"d{{i}}"}""")) + "]";

        using var hundred = await SendAsync(HttpMethod.Post, "/devices", Json(Items(100)));
        using var more = await SendAsync(HttpMethod.Post, "/devices", Json(Items(101)));
        using var none = await SendAsync(HttpMethod.Post, "/devices", Json("[]"));

        Assert.Equal(HttpStatusCode.OK, hundred.StatusCode);
        Assert.True((await JsonAsync(hundred)).GetProperty("isSuccessful").GetBoolean());
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "TooManyDevices"), (more.StatusCode, Code(more)));
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        Assert.Equal(100, (await _server.Registry.CountAsync(Token)).Total);
    }

    [Fact]
    public async Task Query_AllDevices_PagesToTheEnd()
    {
        for (var i = 0; i < 5; i++)
            await _server.AddDeviceAsync($"d{i}");
        var seen = new List<string>();
        string? continuation = null;
        do
        {
            using var answer = await QueryAsync("select * from devices", [("x-ms-max-item-count", "2"), .. Continue(continuation)]);
            Assert.Equal((HttpStatusCode.OK, "twin"), (answer.StatusCode, answer.Headers.GetValues("x-ms-item-type").Single()));
            var page = (await JsonAsync(answer)).EnumerateArray().Select(device => Text(device, "deviceId")).ToArray();
            Assert.InRange(page.Length, 1, 2);
            seen.AddRange(page);
            Assert.InRange(seen.Count, 1, 5);
            continuation = answer.Headers.TryGetValues("x-ms-continuation", out var next) ? next.Single() : null;
        }
        while (continuation is not null);

        Assert.Equal(["d0", "d1", "d2", "d3", "d4"], seen);
    }

    /// <summary>H6 and H11.</summary>
    [Fact]
    public async Task H7_Query_WhatItDoesNotTake_IsRefusedInTheContractsForm()
    {
        foreach (var size in new[] { "-1", "0", "many" })
        {
            using var answer = await QueryAsync("SELECT * FROM devices", [("x-ms-max-item-count", size)]);
            Assert.Equal((HttpStatusCode.BadRequest, "ArgumentInvalid"), (answer.StatusCode, Code(answer)));
        }

        using var huge = await QueryAsync("SELECT * FROM devices", [("x-ms-max-item-count", "1000000000")]);
        using var tampered = await QueryAsync("SELECT * FROM devices", [("x-ms-continuation", "tampered")]);
        using var other = await QueryAsync("SELECT deviceId FROM devices WHERE status = 'enabled'", []);
        using var nested = await QueryAsync("SELECT * FROM devices WHERE " + new string('(', 10_000), []);
        using var long1 = await QueryAsync("SELECT * FROM devices" + new string(' ', 1_000_000), []);

        Assert.Equal(HttpStatusCode.OK, huge.StatusCode);
        Assert.Equal((HttpStatusCode.BadRequest, "ArgumentInvalid"), (tampered.StatusCode, Code(tampered)));
        Assert.Equal((HttpStatusCode.BadRequest, "ArgumentInvalid"), (other.StatusCode, Code(other)));
        Assert.Equal(HttpStatusCode.BadRequest, nested.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, long1.StatusCode);
    }

    [Fact]
    public async Task Device_CalledQuery_IsADevice()
    {
        using var put = await PutAsync("query", """{"deviceId":"query"}""");
        using var get = await SendAsync(HttpMethod.Get, "/devices/query");
        using var query = await QueryAsync("SELECT * FROM devices", []);
        using var delete = await DeleteAsync("query", "*");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.NoContent), (put.StatusCode, get.StatusCode, delete.StatusCode));
        Assert.Equal("query", Text(Assert.Single((await JsonAsync(query)).EnumerateArray()), "deviceId"));
    }

    [Fact]
    public async Task Statistics_CountDevicesAndConnections()
    {
        await _server.AddDeviceAsync("on");
        await _server.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        _server.Get<Hub.Server.Messaging.Sessions.SessionTable>().Add(new TestDeviceLink("on"));

        using var devices = await SendAsync(HttpMethod.Get, "/statistics/devices");
        using var service = await SendAsync(HttpMethod.Get, "/Statistics/Service");

        Assert.Equal("""{"totalDeviceCount":2,"enabledDeviceCount":1,"disabledDeviceCount":1}""", await devices.Content.ReadAsStringAsync(Token));
        Assert.Equal("""{"connectedDeviceCount":1}""", await service.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData("PATCH", "/devices/d1", "GET, PUT, DELETE")]
    [InlineData("POST", "/devices/d1", "GET, PUT, DELETE")]
    [InlineData("DELETE", "/devices", "GET, POST")]
    [InlineData("GET", "/devices/d1/messages/events", "POST")]
    [InlineData("POST", "/statistics/devices", "GET")]
    public async Task OtherMethod_Answers405WithWhatThePathTakes(string method, string path, string allow)
    {
        using var answer = await SendAsync(new HttpMethod(method), path);

        Assert.Equal((HttpStatusCode.MethodNotAllowed, "MethodNotAllowed"), (answer.StatusCode, Code(answer)));
        Assert.Equal(allow, string.Join(", ", answer.Content.Headers.Allow));
    }

    [Theory]
    [InlineData("/devices/d1/modules")]
    [InlineData("/devices/d1/messages/devicebound")]
    [InlineData("/twins/d1")]
    [InlineData("/jobs/v2/x")]
    [InlineData("/configurations/x")]
    [InlineData("/messages/serviceBound/feedback")]
    public async Task UnknownPath_Answers404InTheContractsForm(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);

        Assert.Equal((HttpStatusCode.NotFound, "GenericNotFound"), (answer.StatusCode, Code(answer)));
        Assert.StartsWith("ErrorCode:GenericNotFound;", Text(await JsonAsync(answer), "Message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/devices/d1", "", "InvalidProtocolVersion")]
    [InlineData("/devices/d1", "?api-version=", "InvalidProtocolVersion")]
    [InlineData("/nothing", Version, null)]
    public async Task Get_WithoutApiVersion_Answers400001(string path, string query, string? code)
    {
        using var answer = await _server.SendAsync(HttpMethod.Get, path + query, _server.TokenOfPolicy("iothubowner"));

        Assert.Equal(code is null ? HttpStatusCode.NotFound : HttpStatusCode.BadRequest, answer.StatusCode);
        if (code is not null)
            Assert.Equal(code, Code(answer));
    }

    /// <summary>Each policy over each call; the contract answers a missing right with 401003.</summary>
    [Theory]
    [InlineData("iothubowner", true, true)]
    [InlineData("registryRead", true, false)]
    [InlineData("registryReadWrite", true, true)]
    [InlineData("service", false, false)]
    [InlineData("device", false, false)]
    public async Task I6_Z3_Policies_MayDoWhatTheirRightsSay(string policy, bool mayRead, bool mayWrite)
    {
        await _server.AddDeviceAsync("d1");
        var token = _server.TokenOfPolicy(policy);
        foreach (var (method, path, body, isWrite) in new[]
        {
            (HttpMethod.Get, "/devices/d1", null, false), (HttpMethod.Get, "/devices", null, false), (HttpMethod.Get, "/statistics/devices", null, false),
            (HttpMethod.Get, "/statistics/service", null, false), (HttpMethod.Post, "/devices/query", """{"query":"SELECT * FROM devices"}""", false),
            (HttpMethod.Put, "/devices/d1", """{"deviceId":"d1"}""", true), (HttpMethod.Post, "/devices", """[{"id":"d1","importMode":"update"}]""", true),
            (HttpMethod.Delete, "/devices/none", null, true),
        })
        {
            using var answer = await _server.SendAsync(method, path + Version, token, body is null ? null : Json(body), ("If-Match", "*"));
            if (isWrite ? mayWrite : mayRead)
                Assert.NotEqual(HttpStatusCode.Unauthorized, answer.StatusCode);
            else
                Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorized"), (answer.StatusCode, Code(answer)));
        }
    }

    [Fact]
    public async Task Get_WithoutOrWithWrongToken_Answers401InTheContractsForm()
    {
        var d1 = await _server.AddDeviceAsync("d1");
        var good = _server.TokenOfPolicy("registryRead");
        foreach (var token in new[]
        {
            null, "SharedAccessSignature nonsense", "Basic YTpi", ContractServer.TokenOf(d1),
            // The same signature under a policy with more rights.
            good.Replace("skn=registryRead", "skn=registryReadWrite", StringComparison.Ordinal),
        })
        {
            using var answer = await _server.SendAsync(HttpMethod.Get, "/devices/d1" + Version, token);
            Assert.Equal((HttpStatusCode.Unauthorized, "IotHubUnauthorizedAccess"), (answer.StatusCode, Code(answer)));
            Assert.StartsWith("ErrorCode:IotHubUnauthorizedAccess;", Text(await JsonAsync(answer), "Message"), StringComparison.Ordinal);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IEnumerable<(string, string)> Continue(string? continuation) => continuation is null ? [] : [("x-ms-continuation", continuation)];

    private Task<HttpResponseMessage> QueryAsync(string query, (string, string)[] headers) =>
        SendAsync(HttpMethod.Post, "/devices/query", Json(JsonSerializer.Serialize(new { query })), headers);

    private Task<HttpResponseMessage> PutAsync(string id, string body, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, $"/devices/{id}", Json(body), ifMatch is null ? [] : [("If-Match", ifMatch)]);

    private Task<HttpResponseMessage> DeleteAsync(string id, string? ifMatch) =>
        SendAsync(HttpMethod.Delete, $"/devices/{id}", null, ifMatch is null ? [] : [("If-Match", ifMatch)]);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string, string)[] headers) =>
        SendAsync(method, path, content, headers, string.Empty);

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, (string, string)[] headers, string more) =>
        _server.SendAsync(method, path + Version + more, _server.TokenOfPolicy("iothubowner"), content, headers);

    private static ByteArrayContent Json(string body) =>
        new(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-8") } };

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return document.RootElement.Clone();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "(null)";

    private static string Code(HttpResponseMessage answer) => answer.Headers.GetValues("iothub-errorcode").Single();
}
