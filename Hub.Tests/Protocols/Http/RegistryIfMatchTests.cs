using System.Net;
using Hub.Shared.Devices;
using Xunit;
using static Hub.Tests.Support.Answers;

namespace Hub.Tests.Protocols.Http;

/// <summary>Which version of a device a change is meant for.</summary>
public sealed class RegistryIfMatchTests : RegistryCalls
{
    [Fact]
    public async Task Put_ExistingWithoutIfMatch_IsConflict()
    {
        await Server.AddDeviceAsync("d1");

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
        var device = await Server.AddDeviceAsync("d1");

        using var answer = await PutAsync("d1", """{"deviceId":"d1","status":"disabled","statusReason":"why"}""", ifMatch.Replace("{0}", device.ETag, StringComparison.Ordinal));

        Assert.Equal(status, (int)answer.StatusCode);
        var after = (await Server.Registry.FindAsync(device.Id, Token))!;
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
        var device = await Server.AddDeviceAsync("d1");
        var etag = device.ETag;
        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
                i => PutAsync("d1", $$"""{"deviceId":"d1","statusReason":"{{round}}-{{i}}"}""", $"\"{etag}\"")));
            var won = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
            Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
            var shown = await JsonAsync(won);
            var kept = (await Server.Registry.FindAsync(device.Id, Token))!;
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
        await Server.AddDeviceAsync("d1");

        using var answer = await DeleteAsync("d1", ifMatch);
        using var after = await SendAsync(HttpMethod.Get, "/devices/d1");

        Assert.Equal((status, status == 204 ? 404 : 200), ((int)answer.StatusCode, (int)after.StatusCode));
    }
}
