using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Api;

public sealed class DeviceEndpointsTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Put_NewDevice_IsCreatedWithETagAndAudited()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange { Tags = new Dictionary<string, string> { ["a"] = "1" } }, None);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var device = await answer.Content.ReadFromJsonAsync<DeviceDetails>(None);
        Assert.Equal($"\"{device!.ETag}\"", answer.Headers.ETag!.Tag);
        Assert.Equal("1", device.Tags["a"]);
        var record = Assert.Single(host.Audit.Records);
        Assert.Equal(("tester", "device.create", "d1", true), (record.Actor, record.Action, record.Target, record.Succeeded));
    }

    [Fact]
    public async Task Put_ExistingWithoutIfMatch_IsConflict()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);

        using var answer = await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);

        await AssertProblemAsync(answer, ErrorCode.DeviceAlreadyExists);
    }

    [Fact]
    public async Task Put_EmptyThumbprint_TakesItAwayButNotTheLast()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await client.PutAsJsonAsync(
            "/api/v1/devices/d1", new DeviceChange { PrimaryThumbprint = new string('a', 40), SecondaryThumbprint = new string('b', 40) }, None);
        client.DefaultRequestHeaders.TryAddWithoutValidation("If-Match", "*");

        using var answer = await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange { PrimaryThumbprint = string.Empty }, None);

        var device = await answer.Content.ReadFromJsonAsync<DeviceDetails>(None);
        Assert.Equal((null, new string('B', 40)), (device!.PrimaryThumbprint, device.SecondaryThumbprint));
        using var last = await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange { SecondaryThumbprint = string.Empty }, None);
        await AssertProblemAsync(last, ErrorCode.ArgumentInvalid);
    }

    [Theory]
    [InlineData("\"{0}\"", 200)]
    [InlineData("{0}", 200)]
    [InlineData("*", 200)]
    [InlineData("\"AAAA\"", 412)]
    [InlineData("\"a\", \"b\"", 400)]
    public async Task H12_Put_IfMatch_HoldsOrRefuses(string header, int status)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        using var created = await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);
        var etag = (await created.Content.ReadFromJsonAsync<DeviceDetails>(None))!.ETag;

        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/devices/d1") { Content = JsonContent.Create(new DeviceChange { Status = DeviceStatus.Disabled }) };
        request.Headers.TryAddWithoutValidation("If-Match", header.Replace("{0}", etag, StringComparison.Ordinal));
        using var answer = await client.SendAsync(request, None);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("{\"nosuchfield\":1}", "$.nosuchfield")]
    [InlineData("{\"status\":\"enabled\",\"status\":\"disabled\"}", "cannot be read")]
    [InlineData("{\"status\":\"sleeping\"}", "$.status")]
    [InlineData("{", "cannot be read")]
    [InlineData("", "not valid JSON")]
    [InlineData("null", "not valid JSON")]
    [InlineData("{\"primaryKey\":\"short\"}", "base64")]
    public async Task H4_Put_BadBody_IsToldInASentence(string body, string hint)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await client.PutAsync("/api/v1/devices/d1", content, None);

        var problem = await AssertProblemAsync(answer, null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(hint, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H4_Put_DeepJson_IsRefusedQuickly()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        using var content = new StringContent("{\"tags\":" + new string('[', 100_000), Encoding.UTF8, "application/json");

        using var answer = await client.PutAsync("/api/v1/devices/d1", content, None);

        await AssertProblemAsync(answer, ErrorCode.IotHubFormatError);
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%20b")]
    [InlineData("a+b")]
    [InlineData("%C3%A9")]
    public async Task H10_Get_IdThatIsNone_IsRefused(string id)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.GetAsync($"/api/v1/devices/{id}", None);

        await AssertProblemAsync(answer, ErrorCode.ArgumentInvalid);
    }

    [Fact]
    public async Task H10_Get_IdWithPercent_IsUnescapedOnce()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        var id = DeviceId.Parse("a%2Fb");
        await client.PutAsJsonAsync(ApiRoutes.Device(id), new DeviceChange(), None);

        var device = await client.GetFromJsonAsync<DeviceDetails>(ApiRoutes.Device(id), None);

        Assert.Equal(id, device!.DeviceId);
    }

    [Fact]
    public async Task Get_ConnectedDevice_ShowsWhatTheTableKnows()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        using var created = await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);
        var generation = (await created.Content.ReadFromJsonAsync<DeviceDetails>(None))!.GenerationId;
        host.Get<Server.Messaging.Sessions.SessionTable>().Add(new TestDeviceLink("d1", generation) { Protocol = "MQTT 5 over TLS" });

        var page = await client.GetFromJsonAsync<DevicePage>("/api/v1/devices?limit=10", None);

        var device = Assert.Single(page!.Items);
        Assert.Equal((ConnectionState.Connected, "MQTT 5 over TLS"), (device.ConnectionState, device.Protocol));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=-1")]
    [InlineData("limit=1001")]
    [InlineData("limit=1000000000")]
    [InlineData("limit=ten")]
    [InlineData("limit=5&limit=6")]
    [InlineData("cursor=tampered")]
    [InlineData("status=asleep")]
    [InlineData("connected=maybe")]
    [InlineData("sort=colour")]
    [InlineData("stauts=enabled")]
    public async Task H11_List_BadParameter_IsRefused(string query)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();

        using var answer = await client.GetAsync($"/api/v1/devices?{query}", None);

        await AssertProblemAsync(answer, ErrorCode.ArgumentInvalid);
    }

    [Fact]
    public async Task List_PageByPage_ShowsEachDeviceOnce()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        for (var i = 0; i < 5; i++)
            await client.PutAsJsonAsync($"/api/v1/devices/d{i}", new DeviceChange(), None);

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<DevicePage>($"/api/v1/devices?limit=2&cursor={cursor}", None);
            Assert.Equal(5, page!.TotalCount);
            seen.AddRange(page.Items.Select(device => device.DeviceId.Value));
            Assert.InRange(seen.Count, 1, 5);
            Assert.True(page.NextCursor is null || page.NextCursor != cursor, "The list does not go on: its cursor repeats.");
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(["d0", "d1", "d2", "d3", "d4"], seen);
    }

    [Fact]
    public async Task Keys_ReadRotatedAndSigned_HoldAndAreAudited()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);

        using var read = await client.GetAsync("/api/v1/devices/d1/keys", None);
        var before = await read.Content.ReadFromJsonAsync<DeviceKeys>(None);
        using var rotated = await client.PostAsync("/api/v1/devices/d1/keys/primary/rotate", null, None);
        var after = await rotated.Content.ReadFromJsonAsync<DeviceKeys>(None);
        using var signed = await client.PostAsJsonAsync("/api/v1/devices/d1/token", new DeviceTokenRequest(TimeSpan.FromHours(1)), None);
        var token = await signed.Content.ReadFromJsonAsync<DeviceToken>(None);

        Assert.Equal("no-store", read.Headers.CacheControl!.ToString());
        Assert.NotEqual(before!.PrimaryKey, after!.PrimaryKey);
        Assert.Equal(before.SecondaryKey, after.SecondaryKey);
        var signature = SharedAccessSignature.TryParse(token!.Token);
        Assert.True(signature!.IsSignedWith(Convert.FromBase64String(after.PrimaryKey)));
        Assert.Equal("localhost/devices/d1", signature.Resource);
        Assert.Equal(token.ExpiresAt, signature.ExpiresAt);
        Assert.Equal(
            ["device.create", "device.keys.read", "device.keys.rotate", "device.token.create"], host.Audit.Records.Select(record => record.Action));
        Assert.DoesNotContain(host.Audit.Records, record => record.ToString().Contains(after.PrimaryKey, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("00:00:59")]
    [InlineData("366.00:00:00")]
    [InlineData("-01:00:00")]
    public async Task Token_LifetimeOutOfRange_IsRefused(string lifetime)
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);

        using var answer = await client.PostAsJsonAsync("/api/v1/devices/d1/token", new { timeToLive = lifetime }, None);

        await AssertProblemAsync(answer, ErrorCode.ArgumentInvalid);
    }

    [Theory]
    [InlineData("GET", "/api/v1/devices", AccessPolicies.ServiceConnect)]
    [InlineData("GET", "/api/v1/devices/d1/keys", AccessPolicies.RegistryRead)]
    [InlineData("PUT", "/api/v1/devices/d1", AccessPolicies.RegistryRead)]
    [InlineData("DELETE", "/api/v1/devices/d1", AccessPolicies.RegistryRead)]
    [InlineData("GET", "/api/v1/telemetry", AccessPolicies.RegistryReadWrite)]
    [InlineData("GET", "/api/v1/audit", AccessPolicies.RegistryRead)]
    [InlineData("GET", "/api/v1/refusals", AccessPolicies.ServiceConnect)]
    public async Task AnyCall_WithoutTheRight_IsRefusedAsAProblem(string method, string path, string otherRight)
    {
        await using var host = await ApiHost.StartAsync();
        using var nobody = host.Client();
        using var other = host.Client(otherRight);

        using var unknown = await nobody.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), None);
        using var forbidden = await other.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), None);

        await AssertProblemAsync(unknown, ErrorCode.IotHubUnauthorizedAccess);
        Assert.Equal(401003, (await ReadProblemAsync(forbidden)).GetProperty("errorCode").GetInt32());
    }

    [Fact]
    public async Task Delete_Device_TakesItAway()
    {
        await using var host = await ApiHost.StartAsync();
        using var client = host.AdminClient();
        await client.PutAsJsonAsync("/api/v1/devices/d1", new DeviceChange(), None);

        using var deleted = await client.DeleteAsync("/api/v1/devices/d1", None);
        using var again = await client.DeleteAsync("/api/v1/devices/d1", None);

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await AssertProblemAsync(again, ErrorCode.DeviceNotFound);
    }

    private static async Task<JsonElement> AssertProblemAsync(HttpResponseMessage answer, ErrorCode? code)
    {
        var problem = await ReadProblemAsync(answer);
        if (code is { } expected)
        {
            Assert.Equal((int)expected, problem.GetProperty("errorCode").GetInt32());
            Assert.Equal(expected.ToString(), problem.GetProperty("title").GetString());
            Assert.Equal((int)expected / 1_000, (int)answer.StatusCode);
        }

        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem;
    }

    private static async Task<JsonElement> ReadProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(None);
    }
}
