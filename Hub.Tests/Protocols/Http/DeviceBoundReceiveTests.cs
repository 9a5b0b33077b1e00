using System.Net;
using System.Text;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;
using static Hub.Tests.Support.Answers;

namespace Hub.Tests.Protocols.Http;

/// <summary>A device fetches its messages over HTTPS and settles them (wire contract, sections 2.3 and 5.1).</summary>
public sealed class DeviceBoundReceiveTests : TelemetryCalls
{
    private const string Version = "?api-version=2021-04-12";

    [Fact]
    public async Task Receive_OneWaits_ComesWithTheContractsHeadersAndIsLocked()
    {
        var device = await Server.AddDeviceAsync("d1");
        var id = await SendAsync(DeviceBound.Draft(device.Id, messageId: "m-1", ack: FeedbackAck.Positive) with
        {
            Message = new Message
            {
                Body = Encoding.UTF8.GetBytes("hello"),
                SystemProperties = SystemProperties.Create([new(SystemPropertyNames.CorrelationId, "c-1"), new(SystemPropertyNames.ContentType, "text/plain")]),
                Properties = ApplicationProperties.Create([new("Color", "deep red")]),
            },
        });

        // Clients write the path in either case.
        using var answer = await Server.SendAsync(HttpMethod.Get, "/devices/d1/messages/deviceBound" + Version + "&iothub-messagelocktimeout=60", ContractServer.TokenOf(device));

        Assert.Equal((HttpStatusCode.OK, "hello"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(None)));
        var entry = await EntryAsync(id);
        Assert.Equal(DeviceBoundState.Invisible, entry.State);
        Assert.Equal($"\"{entry.Lock!.Token:D}\"", answer.Headers.ETag!.Tag);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.ToString());
        var headers = answer.Headers.Where(header => header.Key.StartsWith("iothub-", StringComparison.Ordinal)).ToDictionary(header => header.Key, header => header.Value.Single());
        Assert.Equal(
            ["iothub-ack", "iothub-app-Color", "iothub-contenttype", "iothub-correlationid", "iothub-deliverycount", "iothub-enqueuedtime", "iothub-expiry", "iothub-messageid",
                "iothub-sequencenumber", "iothub-to"],
            headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("m-1", "/devices/d1/messages/devicebound", "1", "1", "positive", "deep red"),
            (headers["iothub-messageid"], headers["iothub-to"], headers["iothub-sequencenumber"], headers["iothub-deliverycount"], headers["iothub-ack"], headers["iothub-app-Color"]));
        Assert.True(DateTime.TryParse(headers["iothub-enqueuedtime"], System.Globalization.CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public async Task Receive_NothingWaits_IsNoContent()
    {
        var device = await Server.AddDeviceAsync("d1");

        using var answer = await ReceiveAsync(device);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Theory]
    [InlineData("DELETE", "", DeviceBoundState.Completed, DeviceBoundEvent.Completed)]
    [InlineData("DELETE", "&reject", DeviceBoundState.DeadLettered, DeviceBoundEvent.Rejected)]
    [InlineData("POST", "/abandon", DeviceBoundState.Enqueued, DeviceBoundEvent.Abandoned)]
    public async Task Settle_WithItsLock_EndsTheDeliverySo(string method, string how, DeviceBoundState state, DeviceBoundEvent last)
    {
        var device = await Server.AddDeviceAsync("d1");
        var id = await SendAsync(DeviceBound.Draft(device.Id));
        using var received = await ReceiveAsync(device);

        using var answer = await SettleAsync(device, method, received.Headers.ETag!.Tag.Trim('"'), how);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(state, (await EntryAsync(id)).State);
        var history = await Server.Get<IDeviceBoundStore>().HistoryAsync(id, None);
        Assert.Equal(
            [DeviceBoundEvent.Enqueued, DeviceBoundEvent.Leased, DeviceBoundEvent.Sent, last], history.Select(line => line.Event));
        Assert.StartsWith("HTTP, connection ", history[^1].Detail, StringComparison.Ordinal);
        // Used once, the lock is gone.
        using var again = await SettleAsync(device, method, received.Headers.ETag!.Tag.Trim('"'), how);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "DeviceMessageLockLost"), (again.StatusCode, Code(again)));
    }

    /// <summary>Z2: a lock token is bound to its device, and cannot be guessed.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Z2_Settle_LockOfAnotherDeviceOrNone_IsLostAndChangesNothing(bool foreign)
    {
        var owner = await Server.AddDeviceAsync("owner");
        var thief = await Server.AddDeviceAsync("thief");
        var id = await SendAsync(DeviceBound.Draft(owner.Id));
        using var received = await ReceiveAsync(owner);
        var before = await EntryAsync(id);

        var token = foreign ? received.Headers.ETag!.Tag.Trim('"') : "not-a-token";
        using var completed = await SettleAsync(thief, "DELETE", token, "");
        using var abandoned = await SettleAsync(thief, "POST", token, "/abandon");

        Assert.All([completed, abandoned], answer => Assert.Equal((HttpStatusCode.PreconditionFailed, "DeviceMessageLockLost"), (answer.StatusCode, Code(answer))));
        Assert.Equal(before, await EntryAsync(id));
    }

    [Fact]
    public async Task Receive_WithAnothersTokenOrNone_IsRefusedAndTakesNothing()
    {
        var owner = await Server.AddDeviceAsync("owner");
        var thief = await Server.AddDeviceAsync("thief");
        var id = await SendAsync(DeviceBound.Draft(owner.Id));

        foreach (var token in new[] { ContractServer.TokenOf(thief), null })
        {
            using var answer = await Server.SendAsync(HttpMethod.Get, "/devices/owner/messages/devicebound" + Version, token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        Assert.Equal(DeviceBoundState.Enqueued, (await EntryAsync(id)).State);
    }

    [Fact]
    public async Task Purge_ByAService_EndsAllAndSaysHowMany()
    {
        var device = await Server.AddDeviceAsync("d1");
        var ids = new[] { await SendAsync(DeviceBound.Draft(device.Id)), await SendAsync(DeviceBound.Draft(device.Id)) };
        using var received = await ReceiveAsync(device);

        using var answer = await Server.SendAsync(HttpMethod.Delete, "/devices/d1/commands" + Version, Server.TokenOfPolicy("service"));
        using var unknown = await Server.SendAsync(HttpMethod.Delete, "/devices/d2/commands" + Version, Server.TokenOfPolicy("service"));
        using var byDevice = await Server.SendAsync(HttpMethod.Delete, "/devices/d1/commands" + Version, ContractServer.TokenOf(device));

        Assert.Equal("""{"totalMessagesPurged":2,"deviceId":"d1","moduleId":null}""", await answer.Content.ReadAsStringAsync(None));
        foreach (var id in ids)
            Assert.Equal(DeviceBoundOutcome.Purged, (await EntryAsync(id)).Outcome);
        Assert.Equal((HttpStatusCode.NotFound, "DeviceNotFound"), (unknown.StatusCode, Code(unknown)));
        Assert.Equal(HttpStatusCode.Unauthorized, byDevice.StatusCode);
        using var late = await SettleAsync(device, "DELETE", received.Headers.ETag!.Tag.Trim('"'), "");
        Assert.Equal("DeviceMessageLockLost", Code(late));
        Assert.Equal("c2d.purge d1 True", Assert.Single(Server.Audit.Records.Select(record => $"{record.Action} {record.Target} {record.Succeeded}")));
    }

    private static CancellationToken None => TestContext.Current.CancellationToken;

    private async Task<long> SendAsync(DeviceBoundDraft draft) =>
        Assert.IsType<EnqueueResult.Enqueued>(await Server.Get<DeviceBoundQueue>().EnqueueAsync(draft, None)).Message.Entry.Id;

    private async Task<DeviceBoundEntry> EntryAsync(long id) => (await Server.Get<IDeviceBoundStore>().FindAsync(id, None))!.Entry;

    private Task<HttpResponseMessage> ReceiveAsync(Device device) =>
        Server.SendAsync(HttpMethod.Get, $"/devices/{device.Id}/messages/devicebound" + Version, ContractServer.TokenOf(device));

    private Task<HttpResponseMessage> SettleAsync(Device device, string method, string token, string how) => Server.SendAsync(
        HttpMethod.Parse(method),
        $"/devices/{device.Id}/messages/deviceBound/{token}" + (how.StartsWith('/') ? how + Version : Version + how),
        ContractServer.TokenOf(device));
}
