using System.Buffers.Binary;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Messaging.CloudToDevice;

/// <summary>What time does to a message, with a whole hub, real connections and a clock that can be stepped.</summary>
public sealed class DeviceBoundTimeTests : IAsyncLifetime
{
    private static readonly ConnectOptions Patient = new() { KeepAlive = 1000 };
    private static readonly TimeSpan Lock = new CloudToDeviceOptions().LockDuration;

    private HubFixture _hub = null!;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    private IDeviceBoundStore Store => _hub.Get<IDeviceBoundStore>();

    private DeviceBoundQueue Queue => _hub.Get<DeviceBoundQueue>();

    public async ValueTask InitializeAsync() => _hub = await HubFixture.StartAsync("--Hub:Messaging:CloudToDevice:MaxDeliveryCount=3");

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Lock_EndsOverMqtt_ComesAgainUnderAnotherPacketIdAndTheLateAckIsIgnored()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await SubscribedAsync(device);
        var id = await SendAsync(device);
        var first = await mqtt.ReceiveAsync();
        await WaitForAsync(id, entry => entry.State == DeviceBoundState.Invisible);

        _hub.Time.Pass(Lock);

        var second = await mqtt.ReceiveAsync();
        Assert.Equal((0x32, 0x32), (first[0], second[0]));
        Assert.NotEqual(PacketIdOf(first), PacketIdOf(second));
        await WaitForAsync(id, entry => entry is { State: DeviceBoundState.Invisible, DeliveryCount: 2 });
        await mqtt.SendAsync(MqttPackets.PubAck(PacketIdOf(first)), MqttPackets.Ping);
        Assert.Equal(MqttPackets.PingResponse, await mqtt.ReceiveAsync());
        Assert.Equal(DeviceBoundState.Invisible, (await EntryAsync(id)).State);
        await mqtt.SendAsync(MqttPackets.PubAck(PacketIdOf(second)));
        await WaitForAsync(id, entry => entry is { State: DeviceBoundState.Completed, DeliveryCount: 2 });
    }

    [Fact]
    public async Task Lock_DeviceNeverAnswers_EndsAfterTheLastDelivery()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await SubscribedAsync(device);
        var id = await SendAsync(device);
        for (var i = 0; i < 3; i++)
        {
            await mqtt.ReceiveAsync();
            await WaitForAsync(id, entry => entry.State == DeviceBoundState.Invisible && entry.DeliveryCount == i + 1);
            _hub.Time.Pass(Lock);
        }

        var ended = await WaitForAsync(id, entry => entry.State == DeviceBoundState.DeadLettered);
        Assert.Equal((DeviceBoundOutcome.DeliveryCountExceeded, 3, "The device did not settle it in time."), (ended.Outcome, ended.DeliveryCount, ended.Description));
    }

    [Fact]
    public async Task Lock_WholeWindowUnanswered_ClosesTheConnectionAsNotAcknowledging()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await SubscribedAsync(device);
        for (var i = 0; i < 16; i++)
            await SendAsync(device);
        for (var i = 0; i < 16; i++)
            await mqtt.ReceiveAsync();

        _hub.Time.Pass(Lock);

        await mqtt.UntilClosedAsync();
        await _hub.HistoryAsync("d", ConnectionEvent.Disconnected, "not acknowledging");
    }

    [Fact]
    public async Task PubAck_AfterTheLockAndBeforeTheNextDelivery_CompletesAndTheHistorySaysLate()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await SubscribedAsync(device);
        var id = await SendAsync(device);
        var publish = await mqtt.ReceiveAsync();
        await WaitForAsync(id, entry => entry.State == DeviceBoundState.Invisible);
        // It takes nothing more, and may still acknowledge.
        await mqtt.SendAsync(MqttPackets.Unsubscribe(2, false, $"devices/{device.Id}/messages/devicebound/#"));
        await mqtt.ReceiveAsync();
        _hub.Time.Pass(Lock);
        await WaitForAsync(id, entry => entry.State == DeviceBoundState.Enqueued);

        await mqtt.SendAsync(MqttPackets.PubAck(PacketIdOf(publish)));

        await WaitForAsync(id, entry => entry.State == DeviceBoundState.Completed);
        Assert.StartsWith("late, ", (await Store.HistoryAsync(id, None))[^1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lock_EndsOverHttp_WaitsAgainAndTheOldTokenIsLost()
    {
        var device = await _hub.AddDeviceAsync("d");
        var id = await SendAsync(device);
        var taken = Assert.Single(await Queue.LeaseAsync(device.Id, device.GenerationId, 1, null, "here", None));

        _hub.Time.Pass(Lock);

        await WaitForAsync(id, entry => entry is { State: DeviceBoundState.Enqueued, DeliveryCount: 1 });
        Assert.False(await Queue.SettleAsync(device.Id, DeviceBound.Settlement(SettlementKind.Complete, taken.Entry.Lock!.Token), None));
    }

    [Fact]
    public async Task TimeToLive_EndsWhileTheDeviceIsAway_DeadLettersIt()
    {
        var device = await _hub.AddDeviceAsync("d");
        var id = await SendAsync(device, draft => draft with { TimeToLive = TimeSpan.FromSeconds(10) });
        var stays = await SendAsync(device, draft => draft with { TimeToLive = TimeSpan.FromSeconds(60) });

        _hub.Time.Pass(TimeSpan.FromSeconds(10));

        var ended = await WaitForAsync(id, entry => entry.State == DeviceBoundState.DeadLettered);
        Assert.Equal((DeviceBoundOutcome.Expired, 0), (ended.Outcome, ended.DeliveryCount));
        Assert.True(ended.SettledTime - ended.ExpiresAt < TimeSpan.FromSeconds(1), $"It took {ended.SettledTime - ended.ExpiresAt}.");
        Assert.Equal(DeviceBoundState.Enqueued, (await EntryAsync(stays)).State);
    }

    /// <summary>I13: locks are measured, so that a clock that is set ends none; a time to live means the clock.</summary>
    [Fact]
    public async Task I13_ClockIsSetAhead_EndsTimesToLiveAndNoLock()
    {
        var device = await _hub.AddDeviceAsync("d");
        var locked = await SendAsync(device, draft => draft with { TimeToLive = TimeSpan.FromDays(2) });
        var taken = Assert.Single(await Queue.LeaseAsync(device.Id, device.GenerationId, 1, null, "here", None));
        var waits = await SendAsync(device, draft => draft with { TimeToLive = TimeSpan.FromMinutes(30) });

        _hub.Time.SetBy(TimeSpan.FromHours(1));

        await WaitForAsync(waits, entry => entry.Outcome == DeviceBoundOutcome.Expired);
        Assert.Equal(DeviceBoundState.Invisible, (await EntryAsync(locked)).State);
        Assert.True(await Queue.SettleAsync(device.Id, DeviceBound.Settlement(SettlementKind.Complete, taken.Entry.Lock!.Token), None));
    }

    [Fact]
    public async Task NotBefore_IsPassedOverUntilThenAndItsTimeToLiveCountsFromThen()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await SubscribedAsync(device);
        var later = await SendAsync(device, draft => draft with { NotBefore = _hub.Time.GetUtcNow().AddMinutes(5), TimeToLive = TimeSpan.FromMinutes(1) });
        var now = await SendAsync(device);
        var first = await mqtt.ReceiveAsync();
        await mqtt.SendAsync(MqttPackets.PubAck(PacketIdOf(first)));
        await WaitForAsync(now, entry => entry.State == DeviceBoundState.Completed);

        _hub.Time.Pass(TimeSpan.FromMinutes(5));

        var second = await mqtt.ReceiveAsync();
        await mqtt.SendAsync(MqttPackets.PubAck(PacketIdOf(second)));
        var ended = await WaitForAsync(later, entry => entry.State == DeviceBoundState.Completed);
        Assert.Equal(TimeSpan.FromMinutes(1), ended.ExpiresAt - ended.NotBefore);
    }

    [Fact]
    public async Task Restart_SomeWaitAndSomeAreLocked_AllComeOnceInOrder()
    {
        var device = await _hub.AddDeviceAsync("d");
        var ids = new List<long>();
        for (var i = 0; i < 3; i++)
            ids.Add(await SendAsync(device));
        // As a crash leaves it: locked by connections that are no more.
        Assert.Equal(2, (await Queue.LeaseAsync(device.Id, device.GenerationId, 2, "gone", "to nowhere", None)).Length);

        await _hub.RestartAsync();

        foreach (var id in ids)
            await WaitForAsync(id, entry => entry.State == DeviceBoundState.Enqueued);
        await using var mqtt = await SubscribedAsync(device);
        for (var i = 0; i < 3; i++)
            await mqtt.SendAsync(MqttPackets.PubAck(PacketIdOf(await mqtt.ReceiveAsync())));
        foreach (var id in ids)
            await WaitForAsync(id, entry => entry.State == DeviceBoundState.Completed);
        var counts = await Task.WhenAll(ids.Select(async id => (await EntryAsync(id)).DeliveryCount));
        Assert.Equal([2, 1, 1], counts);
    }

    [Fact]
    public async Task Retention_CompletedForLong_IsDroppedWithItsHistory()
    {
        var device = await _hub.AddDeviceAsync("d");
        var id = await SendAsync(device);
        var taken = Assert.Single(await Queue.LeaseAsync(device.Id, device.GenerationId, 1, null, "here", None));
        await Queue.SettleAsync(id, DeviceBound.Settlement(SettlementKind.Complete, taken.Entry.Lock!.Token), None);

        _hub.Time.Pass(new CloudToDeviceOptions().HistoryRetention + TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(async () => await Store.FindAsync(id, None) is null);
        Assert.Empty(await Store.HistoryAsync(id, None));
    }

    [Fact]
    public async Task Delivery_TakesLong_TheHistoryTellsThatItWasSent()
    {
        var device = await _hub.AddDeviceAsync("d");
        await using var mqtt = await SubscribedAsync(device);
        var id = await SendAsync(device);
        await mqtt.ReceiveAsync();

        await Eventually.TrueAsync(async () => (await Store.HistoryAsync(id, None)).Any(line => line.Event == DeviceBoundEvent.Sent));

        Assert.Equal(DeviceBoundState.Invisible, (await EntryAsync(id)).State);
    }

    private async Task<RawMqtt> SubscribedAsync(Device device)
    {
        var mqtt = await RawMqtt.ConnectedAsync(_hub, device, Patient);
        await mqtt.SendAsync(MqttPackets.Subscribe(1, false, ($"devices/{device.Id}/messages/devicebound/#", 1)));
        Assert.Equal(0x90, (await mqtt.ReceiveAsync())[0]);
        return mqtt;
    }

    private async Task<long> SendAsync(Device device, Func<DeviceBoundDraft, DeviceBoundDraft>? change = null)
    {
        var draft = DeviceBound.Draft(device.Id);
        return Assert.IsType<EnqueueResult.Enqueued>(await Queue.EnqueueAsync(change?.Invoke(draft) ?? draft, None)).Message.Entry.Id;
    }

    private async Task<DeviceBoundEntry> EntryAsync(long id) => (await Store.FindAsync(id, None))!.Entry;

    private async Task<DeviceBoundEntry> WaitForAsync(long id, Func<DeviceBoundEntry, bool> holds)
    {
        await Eventually.TrueAsync(async () => holds(await EntryAsync(id)));
        return await EntryAsync(id);
    }

    private static ushort PacketIdOf(byte[] publish)
    {
        var start = 1;
        while ((publish[start++] & 0x80) != 0)
        {
        }

        return BinaryPrimitives.ReadUInt16BigEndian(publish.AsSpan(start + 2 + BinaryPrimitives.ReadUInt16BigEndian(publish.AsSpan(start))));
    }
}
