using System.Net;
using System.Net.Http.Json;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;
using static Hub.Tests.Support.Answers;

namespace Hub.Tests.Application;

/// <summary>In which form the composed hub answers, and that nothing of its inside is told.</summary>
[Collection(nameof(PlantedHub))]
public sealed class AnswerFormTests(PlantedHub planted)
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly RunningHub _hub = planted.Hub;

    [Theory]
    [InlineData("/api/v1/planted/fails", "application/problem+json")]
    [InlineData("/messages/planted/fails", "application/json")]
    public async Task Failure_IsToldInTheEndpointsForm_AndLoggedOnce(string path, string form)
    {
        using var client = _hub.CreateClient();
        var before = Failures().Length;

        using var answer = await client.GetAsync(path, None);
        var body = await JsonAsync(answer);

        Assert.Equal((HttpStatusCode.InternalServerError, form), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        if (form == "application/json")
            Assert.Equal("ErrorCode:ServerError;The hub failed, its log says why.", body.GetProperty("Message").GetString());
        else
            Assert.Equal((500001, "The hub failed; its log says why."), (body.GetProperty("errorCode").GetInt32(), body.GetProperty("detail").GetString()));
        Assert.DoesNotContain(PlantedHub.Secret, body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(PlantedHub.Secret, Assert.Single(Failures()[before..]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_InTheMiddleOfAnAnswer_BreaksItOff()
    {
        using var client = _hub.CreateClient();
        var before = Failures().Length;

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/api/v1/planted/half", None));
        Assert.Single(Failures()[before..]);
    }

    [Theory]
    [InlineData("GET", "/api/v1/none", 404, ErrorCode.GenericNotFound)]
    [InlineData("GET", "/api/v2/devices", 404, ErrorCode.GenericNotFound)]
    [InlineData("PATCH", "/api/v1/devices/d1", 405, ErrorCode.MethodNotAllowed)]
    public async Task BareRefusals_OfTheApi_AreProblems(string method, string path, int status, ErrorCode code)
    {
        using var client = _hub.CreateClientOf("iothubowner");
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await client.SendAsync(request, None);
        var problem = await JsonAsync(answer);

        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(((int)code, status), (problem.GetProperty("errorCode").GetInt32(), problem.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task Keys_OfTheApi_ReadAsTheyAre()
    {
        var key = Convert.ToBase64String(Enumerable.Repeat((byte)0xFB, 33).ToArray());
        using var client = _hub.CreateClientOf("iothubowner");
        using var put = await client.PutAsJsonAsync("/api/v1/devices/keyed", new DeviceChange { PrimaryKey = key, SecondaryKey = key }, None);

        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Contains($"\"{key}\"", await client.GetStringAsync("/api/v1/devices/keyed/keys", None), StringComparison.Ordinal);
    }

    private LogLine[] Failures() => [.. _hub.Logged.Where(line => line.Level >= LogLevel.Error)];
}
