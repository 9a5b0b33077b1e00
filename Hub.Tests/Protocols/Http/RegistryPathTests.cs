using System.Net;
using System.Text.Json;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>How paths and methods name a device and a call.</summary>
public sealed class RegistryPathTests : RegistryCalls
{
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
        var d1 = await Server.AddDeviceAsync("d1");
        var target = inPath == "129" ? new string('a', 129) : inPath;

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete })
        {
            using var answer = await SendAsync(method, $"/devices/{target}", method == HttpMethod.Put ? Json("{}") : null, ("If-Match", "*"));
            Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed });
        }

        Assert.Equal(d1, await Server.Registry.FindAsync(d1.Id, Token));
        Assert.Equal(1, (await Server.Registry.CountAsync(Token)).Total);
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
        await Server.AddDeviceAsync("A");

        using var lower = await SendAsync(HttpMethod.Get, "/DEVICES/a");
        using var upper = await SendAsync(HttpMethod.Get, "/DEVICES/A");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (lower.StatusCode, upper.StatusCode));
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
    [InlineData("/devices/d1/nothing")]
    [InlineData("/devices/d1/messages")]
    [InlineData("/messages/nothing")]
    public async Task UnknownPath_Answers404InTheContractsForm(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);

        Assert.Equal((HttpStatusCode.NotFound, "GenericNotFound"), (answer.StatusCode, Code(answer)));
        Assert.StartsWith("ErrorCode:GenericNotFound;", Text(await JsonAsync(answer), "Message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/twins/d1", "twins")]
    [InlineData("/twins/d1/methods", "direct methods")]
    [InlineData("/digitalTwins/d1", "digital twins")]
    [InlineData("/devices/d1/modules", "modules")]
    [InlineData("/devices/d1/modules/m1", "modules")]
    [InlineData("/jobs/v2/x", "jobs")]
    [InlineData("/devices/d1/files", "file upload")]
    [InlineData("/messages/devicebound", "AMQP")]
    [InlineData("/messages/serviceBound/filenotifications", "file upload")]
    [InlineData("/configurations/x", "configurations")]
    public async Task PathOfAFeatureThatIsNotHere_Answers501AndSaysWhich(string path, string feature)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);

        Assert.Equal((HttpStatusCode.NotImplemented, "NotImplemented"), (answer.StatusCode, Code(answer)));
        Assert.Contains(feature, Text(await JsonAsync(answer), "Message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/devices/d1", "", "InvalidProtocolVersion")]
    [InlineData("/devices/d1", "?api-version=", "InvalidProtocolVersion")]
    [InlineData("/nothing", Version, null)]
    public async Task Get_WithoutApiVersion_Answers400001(string path, string query, string? code)
    {
        using var answer = await Server.SendAsync(HttpMethod.Get, path + query, Server.TokenOfPolicy("iothubowner"));

        Assert.Equal(code is null ? HttpStatusCode.NotFound : HttpStatusCode.BadRequest, answer.StatusCode);
        if (code is not null)
            Assert.Equal(code, Code(answer));
    }
}
