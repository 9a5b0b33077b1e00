using System.Net;
using Hub.Server.Messaging.Sessions;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;
using static Hub.Tests.Support.Contents;

namespace Hub.Tests.Protocols.Http;

/// <summary>Calls over many devices: list, bulk, query and counts.</summary>
public sealed class RegistryManyDevicesTests : RegistryCalls
{
    [Fact]
    public async Task List_Top_BoundsTheAnswer()
    {
        foreach (var id in new[] { "a", "b", "c" })
            await Server.AddDeviceAsync(id);

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
        var stale = await Server.AddDeviceAsync("stale");
        await Server.AddDeviceAsync("gone");
        await Server.AddDeviceAsync("taken");

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
        Assert.Equal("north", (await Server.Registry.FindAsync(DeviceId.Parse("new"), Token))!.Tags["site"]);
        Assert.Null(await Server.Registry.FindAsync(DeviceId.Parse("gone"), Token));
        Assert.Equal(stale, await Server.Registry.FindAsync(stale.Id, Token));
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
        Assert.Equal(100, (await Server.Registry.CountAsync(Token)).Total);
    }

    [Fact]
    public async Task Query_AllDevices_PagesToTheEnd()
    {
        for (var i = 0; i < 5; i++)
            await Server.AddDeviceAsync($"d{i}");
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
    public async Task Statistics_CountDevicesAndConnections()
    {
        await Server.AddDeviceAsync("on");
        await Server.AddDeviceAsync("off", new DeviceChange { Status = DeviceStatus.Disabled });
        Server.Get<SessionTable>().Add(new TestDeviceLink("on"));

        using var devices = await SendAsync(HttpMethod.Get, "/statistics/devices");
        using var service = await SendAsync(HttpMethod.Get, "/Statistics/Service");

        Assert.Equal("""{"totalDeviceCount":2,"enabledDeviceCount":1,"disabledDeviceCount":1}""", await devices.Content.ReadAsStringAsync(Token));
        Assert.Equal("""{"connectedDeviceCount":1}""", await service.Content.ReadAsStringAsync(Token));
    }

    private static IEnumerable<(string, string)> Continue(string? continuation) => continuation is null ? [] : [("x-ms-continuation", continuation)];
}
