using System.Collections.Immutable;
using Hub.Server.Messaging;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="IDeviceBoundStore"/> must do.</summary>
public abstract class DeviceBoundStoreCompliance : IAsyncLifetime
{
    private static readonly DeviceId Id = DeviceId.Parse("d");
    private static readonly DeviceBoundRules Rules = new(new CloudToDeviceOptions());

    private protected abstract IDeviceBoundStore Store { get; }

    private protected abstract IDeviceStore Registry { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task EnqueueAsync_WholeMessage_IsFoundAsItWasAfterReopen()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var given = DeviceBound.New("d", "body", "m-1", FeedbackAck.Negative) with
        {
            Message = new Message
            {
                Body = new byte[] { 0, 1, 255 },
                SystemProperties = SystemProperties.Create([new(SystemPropertyNames.CorrelationId, "c"), new(SystemPropertyNames.ContentType, "text/plain")]),
                Properties = ApplicationProperties.Create([new("zwei", "ü \" \\ \0"), new("eins", "")]),
            },
            NotBefore = DeviceBound.Now.AddMinutes(5),
        };

        var stored = Assert.IsType<EnqueueResult.Enqueued>(await Store.EnqueueAsync(given, 50, Token)).Message;
        await ReopenAsync();

        var found = await Store.FindAsync(stored.Entry.Id, Token);
        Assert.Equal(stored.Entry, found!.Entry);
        Assert.Equal((DeviceBoundState.Enqueued, 1L, "m-1", "1", 0, 1), (found.Entry.State, found.Entry.SequenceNumber, found.Entry.MessageId, found.Entry.GenerationId, found.Entry.DeliveryCount, found.Entry.Attempt));
        Assert.Equal((given.Ack, given.EnqueuedTime, given.ExpiresAt, given.NotBefore), (found.Entry.Ack, found.Entry.EnqueuedTime, found.Entry.ExpiresAt, found.Entry.NotBefore));
        Assert.Equal(given.Message.Body.ToArray(), found.Message.Body.ToArray());
        Assert.Equal(given.Message.SystemProperties.Items, found.Message.SystemProperties.Items);
        Assert.Equal(given.Message.Properties.Items, found.Message.Properties.Items);
        Assert.Equal(new DeviceBoundHistoryEntry(DeviceBound.Now, DeviceBoundEvent.Enqueued, "policy service", null), Assert.Single(await Store.HistoryAsync(stored.Entry.Id, Token)));
    }

    [Fact]
    public async Task EnqueueAsync_UnknownDeviceOrFullQueue_StoresNothing()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await EnqueueAsync(2);

        Assert.IsType<EnqueueResult.DeviceNotFound>(await Store.EnqueueAsync(DeviceBound.New("unknown"), 50, Token));
        Assert.Equal(2, Assert.IsType<EnqueueResult.QueueFull>(await Store.EnqueueAsync(DeviceBound.New("d"), 2, Token)).MaxDepth);

        Assert.Equal(2, (await Store.ListQueueAsync(Id, 100, Token)).Length);
    }

    [Fact]
    public async Task EnqueueAsync_OneIsSettledOfAFullQueue_TakesTheNext()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await EnqueueAsync(2);
        var taken = Assert.Single(await LeaseAsync(1));
        // A locked one still counts.
        Assert.IsType<EnqueueResult.QueueFull>(await Store.EnqueueAsync(DeviceBound.New("d"), 2, Token));

        await SettleAsync(taken, SettlementKind.Complete);

        var next = Assert.IsType<EnqueueResult.Enqueued>(await Store.EnqueueAsync(DeviceBound.New("d"), 2, Token));
        Assert.Equal(3, next.Message.Entry.SequenceNumber);
    }

    [Fact]
    public async Task EnqueueAsync_SameOwnId_AnswersTheFirstEvenWhenTheQueueIsFull()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await Registry.TryAddAsync(Devices.New("e"), Token);
        var first = Assert.IsType<EnqueueResult.Enqueued>(await Store.EnqueueAsync(DeviceBound.New("d", "first", "same"), 1, Token)).Message;

        var again = Assert.IsType<EnqueueResult.Duplicate>(await Store.EnqueueAsync(DeviceBound.New("d", "second", "same"), 1, Token)).First;
        var other = await Store.EnqueueAsync(DeviceBound.New("e", "second", "same"), 1, Token);

        Assert.Equal((first.Entry, "first"), (again.Entry, again.TextOf()));
        Assert.IsType<EnqueueResult.Enqueued>(other);
        Assert.Single(await Store.ListQueueAsync(Id, 10, Token));
    }

    [Fact]
    public async Task EnqueueAsync_SameIdAHundredTimesAtOnce_StoresOne()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Store.EnqueueAsync(DeviceBound.New("d", $"{i}", "same"), 50, Token).AsTask()));

        Assert.Single(results.OfType<EnqueueResult.Enqueued>());
        Assert.Equal(99, results.OfType<EnqueueResult.Duplicate>().Count());
    }

    [Fact]
    public async Task LeaseAsync_SomeWait_TakesThemInOrderOnce()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await EnqueueAsync(5);

        var first = await LeaseAsync(2);
        var second = await LeaseAsync(10);

        Assert.Equal([1, 2], first.Select(message => message.Entry.SequenceNumber));
        Assert.Equal([3, 4, 5], second.Select(message => message.Entry.SequenceNumber));
        Assert.All(first, message => Assert.Equal((DeviceBoundState.Invisible, 1), (message.Entry.State, message.Entry.DeliveryCount)));
        Assert.Equal("0", first[0].TextOf());
        Assert.Empty(await LeaseAsync(10));
        Assert.Equal(first[0].Entry, (await Store.FindAsync(first[0].Entry.Id, Token))!.Entry);
        Assert.Equal(first[0].Entry.Id, (await Store.FindByLockAsync(Id, first[0].Entry.Lock!.Token, Token))!.Id);
        Assert.Null(await Store.FindByLockAsync(DeviceId.Parse("e"), first[0].Entry.Lock!.Token, Token));
        Assert.Equal(5, (await Store.ListLockedAsync(Token)).Count);
    }

    [Fact]
    public async Task LeaseAsync_OfAnotherGeneration_TakesNothing()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await EnqueueAsync(1);

        Assert.Empty(await Store.LeaseAsync(Id, "another", 10, DeviceBound.Now, entry => throw new InvalidOperationException(), Token));
    }

    [Fact]
    public async Task LeaseAsync_ScheduledOrExpired_ArePassedOver()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await Store.EnqueueAsync(DeviceBound.New("d", "later") with { NotBefore = DeviceBound.Now.AddMinutes(10) }, 50, Token);
        await Store.EnqueueAsync(DeviceBound.New("d", "over") with { ExpiresAt = DeviceBound.Now }, 50, Token);
        await Store.EnqueueAsync(DeviceBound.New("d", "now"), 50, Token);

        Assert.Equal("now", Assert.Single(await LeaseAsync(10)).TextOf());
        Assert.Equal("later", Assert.Single(await LeaseAsync(10, DeviceBound.Now.AddMinutes(10))).TextOf());
        Assert.Equal([Id], await Store.FindDueAsync(DeviceBound.Now, DeviceBound.Now.AddMinutes(10), Token));
        Assert.Empty(await Store.FindDueAsync(DeviceBound.Now.AddMinutes(10), DeviceBound.Now.AddMinutes(20), Token));
    }

    [Fact]
    public async Task ChangeAsync_RuleSaysNothing_ChangesNothing()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var id = (await EnqueueAsync(1))[0];
        var told = 0;
        Store.Committed += _ => told++;

        Assert.Empty(await Store.ChangeAsync([id, 4711], _ => null, Token));

        Assert.Equal(0, told);
        Assert.Single(await Store.HistoryAsync(id, Token));
    }

    [Fact]
    public async Task ChangeAsync_RuleThrows_ChangesNoneOfThem()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var ids = await EnqueueAsync(2);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Store.ChangeAsync(
            ids, entry => entry.Id == ids[0] ? DeviceBoundRules.Purge(entry, "me", null, DeviceBound.Now) : throw new InvalidOperationException("mine"), Token));

        Assert.Equal(2, (await Store.ListQueueAsync(Id, 10, Token)).Length);
        Assert.Single(await Store.HistoryAsync(ids[0], Token));
    }

    [Fact]
    public async Task Committed_ChangesOfOneMessage_ComeInOrderAndBeforeTheAnswer()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        List<DeviceBoundTransition> told = [];
        Store.Committed += changes => told.AddRange(changes);

        await EnqueueAsync(1);
        Assert.Single(told);
        var taken = Assert.Single(await LeaseAsync(1));
        Assert.Equal(2, told.Count);
        await SettleAsync(taken, SettlementKind.Reject);

        Assert.Equal([DeviceBoundState.Enqueued, DeviceBoundState.Invisible, DeviceBoundState.DeadLettered], told.Select(change => change.After.State));
        Assert.Equal(
            [DeviceBoundEvent.Enqueued, DeviceBoundEvent.Leased, DeviceBoundEvent.Rejected],
            (await Store.HistoryAsync(taken.Entry.Id, Token)).Select(line => line.Event));
    }

    [Fact]
    public async Task FindExpiredAsync_SomeAreOver_GivesTheMostOverdueFirst()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var late = await IdOf(DeviceBound.New("d") with { ExpiresAt = DeviceBound.Now.AddSeconds(2) });
        var early = await IdOf(DeviceBound.New("d") with { ExpiresAt = DeviceBound.Now.AddSeconds(1) });
        await EnqueueAsync(1);

        Assert.Empty(await Store.FindExpiredAsync(DeviceBound.Now, 10, Token));
        Assert.Equal([early], await Store.FindExpiredAsync(DeviceBound.Now.AddSeconds(2), 1, Token));
        Assert.Equal([early, late], await Store.FindExpiredAsync(DeviceBound.Now.AddSeconds(2), 10, Token));
    }

    [Fact]
    public async Task ListAsync_PageByPage_GivesAllThatMatchNewestFirst()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await Registry.TryAddAsync(Devices.New("e"), Token);
        for (var i = 0; i < 5; i++)
        {
            await IdOf(DeviceBound.New("d", $"number {i}") with { EnqueuedTime = DeviceBound.Now.AddMinutes(i / 2) });
            await IdOf(DeviceBound.New("e", $"other {i}") with { EnqueuedTime = DeviceBound.Now.AddMinutes(i / 2) });
        }

        await SettleAsync(Assert.Single(await LeaseAsync(1)), SettlementKind.Complete);

        Assert.Equal(["number 4", "number 3", "number 2", "number 1", "number 0"], await TextsAsync(new DeviceBoundQuery { DeviceId = Id, Limit = 2 }));
        Assert.Equal(10, (await TextsAsync(new DeviceBoundQuery { Limit = 3 })).Count);
        Assert.Equal(["number 0"], await TextsAsync(new DeviceBoundQuery { State = DeviceBoundState.Completed }));
        Assert.Equal(["number 1"], await TextsAsync(new DeviceBoundQuery { Q = "NUMBER 1" }));
        Assert.Equal(
            ["other 3", "number 3", "other 2", "number 2"],
            await TextsAsync(new DeviceBoundQuery { From = DeviceBound.Now.AddMinutes(1), To = DeviceBound.Now.AddMinutes(2), Limit = 1 }));
        Assert.Empty(await TextsAsync(new DeviceBoundQuery { DeviceId = Id, State = DeviceBoundState.DeadLettered }));
    }

    [Fact]
    public async Task ResubmitAsync_DeadLetter_IsSentAgainOnceAndSaysWhatItWasMadeOf()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await Store.EnqueueAsync(DeviceBound.New("d", "failed", "m", FeedbackAck.Full), 50, Token);
        var failed = Assert.Single(await LeaseAsync(1));
        Assert.IsType<ResubmitResult.NotDead>(await ResubmitAsync(failed.Entry.Id));
        await SettleAsync(failed, SettlementKind.Reject);

        var again = Assert.IsType<ResubmitResult.Resubmitted>(await ResubmitAsync(failed.Entry.Id)).Message;

        Assert.Equal((failed.Entry.Id, 2, "m", 2L, DeviceBoundState.Enqueued), (again.Entry.OriginId, again.Entry.Attempt, again.Entry.MessageId, again.Entry.SequenceNumber, again.Entry.State));
        var marked = (await Store.FindAsync(failed.Entry.Id, Token))!.Entry;
        Assert.Equal((DeviceBoundState.DeadLettered, again.Entry.Id), (marked.State, marked.ResubmittedAs));
        Assert.Equal(DeviceBoundEvent.Resubmitted, (await Store.HistoryAsync(failed.Entry.Id, Token))[^1].Event);
        Assert.Equal(again.Entry.Id, Assert.IsType<ResubmitResult.Already>(await ResubmitAsync(failed.Entry.Id)).Id);
        Assert.IsType<ResubmitResult.NotFound>(await ResubmitAsync(4711));
        // The id finds the first of all, as before.
        Assert.Equal(failed.Entry.Id, Assert.IsType<EnqueueResult.Duplicate>(await Store.EnqueueAsync(DeviceBound.New("d", "x", "m"), 50, Token)).First.Entry.Id);
        // A second failure is attempt 3's origin.
        await SettleAsync(Assert.Single(await LeaseAsync(1)), SettlementKind.Reject);
        Assert.Equal(3, Assert.IsType<ResubmitResult.Resubmitted>(await ResubmitAsync(again.Entry.Id)).Message.Entry.Attempt);
    }

    [Fact]
    public async Task ResubmitAsync_QueueIsFull_ChangesNothing()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await EnqueueAsync(1);
        var failed = Assert.Single(await LeaseAsync(1));
        await SettleAsync(failed, SettlementKind.Reject);
        await EnqueueAsync(1);

        Assert.IsType<EnqueueResult.QueueFull>(Assert.IsType<ResubmitResult.Refused>(await ResubmitAsync(failed.Entry.Id, maxDepth: 1)).Result);

        Assert.Null((await Store.FindAsync(failed.Entry.Id, Token))!.Entry.ResubmittedAs);
        Assert.Single(await Store.ListQueueAsync(Id, 10, Token));
    }

    [Fact]
    public async Task ListDeadAsync_ByReasonDeviceAndText_GivesTheNewestFirst()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        for (var i = 0; i < 3; i++)
        {
            await IdOf(DeviceBound.New("d", $"number {i}"));
            await SettleAsync(Assert.Single(await LeaseAsync(1)), SettlementKind.Reject, DeviceBound.Now.AddMinutes(i));
        }

        var purged = await IdOf(DeviceBound.New("d", "purged"));
        await Store.ChangeAsync([purged], entry => DeviceBoundRules.Purge(entry, "me", null, DeviceBound.Now.AddMinutes(9)), Token);
        await EnqueueAsync(1);

        Assert.Equal(["purged", "number 2", "number 1", "number 0"], await DeadAsync(new DeadLetterQuery { Limit = 3 }));
        Assert.Equal(["number 2", "number 1", "number 0"], await DeadAsync(new DeadLetterQuery { Reason = DeadLetterReason.Rejected, DeviceId = Id, Limit = 1 }));
        Assert.Equal(["purged"], await DeadAsync(new DeadLetterQuery { Reason = DeadLetterReason.Purged }));
        Assert.Equal(["number 1"], await DeadAsync(new DeadLetterQuery { Q = "BER 1" }));
        Assert.Equal(["number 1"], await DeadAsync(new DeadLetterQuery { From = DeviceBound.Now.AddMinutes(1), To = DeviceBound.Now.AddMinutes(2) }));
        var resubmitted = (await Store.ListDeadAsync(new DeadLetterQuery { Q = "number 0" }, Token)).Items[0].Entry.Id;
        await ResubmitAsync(resubmitted);
        Assert.Equal(["number 0"], await DeadAsync(new DeadLetterQuery { Resubmitted = true }));
        Assert.Equal(["purged", "number 2", "number 1"], await DeadAsync(new DeadLetterQuery { Resubmitted = false }));
    }

    [Fact]
    public async Task DeleteDeadAsync_SomeAreDead_DeletesThoseOnly()
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        var ids = await EnqueueAsync(2);
        await SettleAsync(Assert.Single(await LeaseAsync(1)), SettlementKind.Reject);

        Assert.Equal([ids[0]], await Store.DeleteDeadAsync([.. ids, 4711], Token));

        Assert.Null(await Store.FindAsync(ids[0], Token));
        Assert.NotNull(await Store.FindAsync(ids[1], Token));
    }

    private ValueTask<ResubmitResult> ResubmitAsync(long id, int maxDepth = 50) => Store.ResubmitAsync(
        id,
        origin => new NewDeviceBound(
            origin.Message, origin.Entry.DeviceId, origin.Entry.MessageId, true, origin.Entry.Ack, DeviceBound.Now, DeviceBound.Now.AddHours(1), null, "me", origin.Entry),
        maxDepth,
        Token);

    private async Task<List<string>> DeadAsync(DeadLetterQuery query)
    {
        List<string> texts = [];
        do
        {
            var page = await Store.ListDeadAsync(query, Token);
            texts.AddRange(page.Items.Select(message => message.TextOf()));
            query = query with { Cursor = page.NextCursor };
        }
        while (query.Cursor is not null);
        return texts;
    }

    private async Task<List<string>> TextsAsync(DeviceBoundQuery query)
    {
        List<string> texts = [];
        do
        {
            var page = await Store.ListAsync(query, Token);
            Assert.True(page.Items.Count <= query.Limit);
            texts.AddRange(page.Items.Select(message => message.TextOf()));
            query = query with { Cursor = page.NextCursor };
        }
        while (query.Cursor is not null);
        return texts;
    }

    private async Task<ImmutableArray<long>> EnqueueAsync(int count)
    {
        var ids = ImmutableArray.CreateBuilder<long>();
        for (var i = 0; i < count; i++)
            ids.Add(await IdOf(DeviceBound.New("d", $"{i}")));
        return ids.DrainToImmutable();
    }

    private async Task<long> IdOf(NewDeviceBound message) =>
        Assert.IsType<EnqueueResult.Enqueued>(await Store.EnqueueAsync(message, 50, Token)).Message.Entry.Id;

    private ValueTask<ImmutableArray<DeviceBoundMessage>> LeaseAsync(int max, DateTimeOffset? now = null) => Store.LeaseAsync(
        Id, "1", max, now ?? DeviceBound.Now, entry => Rules.Lease(entry, DeviceBound.Lock("c"), DeviceBound.Now, "there"), Token);

    private async Task SettleAsync(DeviceBoundMessage message, SettlementKind kind, DateTimeOffset? now = null) => Assert.Single(await Store.ChangeAsync(
        [message.Entry.Id], entry => Rules.Settle(entry, DeviceBound.Settlement(kind, message.Entry.Lock!.Token), now ?? DeviceBound.Now), Token));
}
