using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="IBatchStore"/> must do, with the messages that it works on.</summary>
public abstract class BatchStoreCompliance : IAsyncLifetime
{
    private static readonly DeviceId Id = DeviceId.Parse("d");
    private static readonly DeviceBoundRules Rules = new(new CloudToDeviceOptions());

    private protected abstract IBatchStore Batches { get; }

    private protected abstract IDeviceBoundStore Messages { get; }

    private protected abstract IDeviceStore Registry { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync() => await Registry.TryAddAsync(Devices.New("d"), Token);

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task ReopenAsync();

    [Fact]
    public async Task Send_ToSomeDevices_SendsToEachOnceAndSaysWhyToWhichNot()
    {
        await Registry.TryAddAsync(Devices.New("e"), Token);
        var batch = await Batches.AddAsync(New(BatchKind.Send, [new(Id), new(DeviceId.Parse("unknown")), new(DeviceId.Parse("e"))]), Token);
        Assert.Equal((3, 0, BatchState.Running), (batch.Total, batch.Done, batch.State));

        Assert.True(await StepAsync(batch.Id, 2));
        await ReopenAsync();
        var half = (await Batches.FindAsync(batch.Id, Token))!;
        Assert.Equal((3, 2, 1, BatchState.Running), (half.Total, half.Done, half.Refused, half.State));
        Assert.Equal(1, half.States![DeviceBoundState.Enqueued]);
        Assert.False(await StepAsync(batch.Id, 2));

        var whole = (await Batches.FindAsync(batch.Id, Token))!;
        Assert.Equal((3, 1, BatchState.Finished, (DateTimeOffset?)DeviceBound.Now), (whole.Done, whole.Refused, whole.State, whole.EndedTime));
        var items = (await Batches.ListItemsAsync(batch.Id, null, 10, null, Token)).Items;
        Assert.Equal(["d Enqueued ", "unknown  There is no device unknown.", "e Enqueued "], items.Select(item => $"{item.DeviceId} {item.State} {item.Refusal}"));
        Assert.All(items, item => Assert.True(item.Done));
        Assert.Single(await Messages.ListQueueAsync(Id, 10, Token));
        Assert.Empty(await Batches.ListUnderWayAsync(Token));
        Assert.False(await StepAsync(batch.Id, 2));
        Assert.Single(await Messages.ListQueueAsync(Id, 10, Token));
    }

    [Fact]
    public async Task Purge_Held_DeliversNothingOfItNorWhatIsBehindUntilItIsUndone()
    {
        var (first, second) = (await SendAsync("first"), await SendAsync("second"));
        var batch = await Batches.AddAsync(New(BatchKind.Purge) with { Items = null, QueueOf = Id, HeldUntil = DeviceBound.Now.AddSeconds(10) }, Token);
        var behind = await SendAsync("behind");
        await ReopenAsync();

        Assert.Equal((2, BatchState.Held), (batch.Total, batch.State));
        Assert.Equal([batch.Id, batch.Id, null], new[] { await HeldByAsync(first), await HeldByAsync(second), await HeldByAsync(behind) });
        Assert.Empty(await LeaseAsync());

        var stopped = (await Batches.StopAsync(batch.Id, "me", DeviceBound.Now, Token))!;

        Assert.Equal((BatchState.Stopped, 0), (stopped.State, stopped.Done));
        Assert.False(await StepAsync(batch.Id, 10));
        Assert.Equal(["first", "second", "behind"], (await LeaseAsync()).Select(message => message.TextOf()));
        Assert.Equal(
            [DeviceBoundEvent.Enqueued, DeviceBoundEvent.Held, DeviceBoundEvent.Released, DeviceBoundEvent.Leased],
            (await Messages.HistoryAsync(first, Token)).Select(line => line.Event));
    }

    [Fact]
    public async Task Purge_HoldIsOver_EndsWhatWasThereWhenItWasAskedFor()
    {
        var first = await SendAsync("first");
        var batch = await Batches.AddAsync(New(BatchKind.Purge) with { Items = null, QueueOf = Id, HeldUntil = DeviceBound.Now.AddSeconds(10) }, Token);
        await SendAsync("behind");

        Assert.False(await StepAsync(batch.Id, 10));

        var ended = (await Messages.FindAsync(first, Token))!.Entry;
        Assert.Equal((DeviceBoundOutcome.Purged, null), (ended.Outcome, ended.HeldBy));
        Assert.Equal("behind", Assert.Single(await LeaseAsync()).TextOf());
        // What has ended cannot be undone any more.
        Assert.Equal(BatchState.Finished, (await Batches.StopAsync(batch.Id, "me", DeviceBound.Now, Token))!.State);
    }

    [Fact]
    public async Task Cancel_HeldAndOneIsWithItsDevice_BlocksOnlyWhatWaits()
    {
        var (first, second) = (await SendAsync("first"), await SendAsync("second"));
        var taken = Assert.Single(await LeaseAsync(1));
        var batch = await Batches.AddAsync(New(BatchKind.Cancel, [new(Id, first)]) with { HeldUntil = DeviceBound.Now.AddSeconds(10) }, Token);

        // The first is with the device already: the next may follow it.
        Assert.Equal(second, Assert.Single(await LeaseAsync()).Entry.Id);
        await Messages.ChangeAsync([first], entry => Rules.Settle(entry, DeviceBound.Settlement(SettlementKind.Complete, taken.Entry.Lock!.Token), DeviceBound.Now), Token);
        Assert.False(await StepAsync(batch.Id, 10));

        Assert.Equal(DeviceBoundOutcome.Completed, (await Messages.FindAsync(first, Token))!.Entry.Outcome);
        Assert.Equal("It had ended before.", Assert.Single((await Batches.ListItemsAsync(batch.Id, true, 10, null, Token)).Items).Refusal);
    }

    [Fact]
    public async Task Resubmit_Interrupted_GoesOnWithoutSendingAnythingTwice()
    {
        var dead = new List<BatchSubject>();
        for (var i = 0; i < 5; i++)
            dead.Add(new(Id, await RejectAsync($"{i}")));
        var batch = await Batches.AddAsync(New(BatchKind.Resubmit, dead), Token);

        Assert.True(await StepAsync(batch.Id, 2));
        await ReopenAsync();
        Assert.True(await StepAsync(batch.Id, 2));
        Assert.False(await StepAsync(batch.Id, 2));

        Assert.Equal(["0", "1", "2", "3", "4"], (await LeaseAsync()).Select(message => message.TextOf()));
        Assert.All((await Batches.ListItemsAsync(batch.Id, null, 10, null, Token)).Items, item => Assert.Equal((true, null), (item.Done, item.Refusal)));
    }

    [Fact]
    public async Task StepAsync_StoppedHalfway_LeavesTheRestUndone()
    {
        var dead = new List<BatchSubject>();
        for (var i = 0; i < 4; i++)
            dead.Add(new(Id, await RejectAsync($"{i}")));
        var batch = await Batches.AddAsync(New(BatchKind.PurgeDeadLetters, dead), Token);
        Assert.True(await StepAsync(batch.Id, 1));

        var stopped = (await Batches.StopAsync(batch.Id, "me", DeviceBound.Now, Token))!;
        Assert.False(await StepAsync(batch.Id, 1));

        Assert.Equal((1, 4, BatchState.Stopped), (stopped.Done, stopped.Total, stopped.State));
        Assert.Equal(3, (await Messages.ListDeadAsync(new DeadLetterQuery(), Token)).Items.Count);
        Assert.Equal([true, false, false, false], (await Batches.ListItemsAsync(batch.Id, null, 10, null, Token)).Items.Select(item => item.Done));
        Assert.Null(await Batches.StopAsync(4711, "me", DeviceBound.Now, Token));
    }

    [Fact]
    public async Task PrepareAsync_BegunAnew_HoldsEachItemOnce()
    {
        var batch = await Batches.AddAsync(New(BatchKind.Send) with { Items = null, Definition = new BatchDefinition { Tag = "site=oslo" } }, Token);
        var underWay = Assert.Single(await Batches.ListUnderWayAsync(Token));
        Assert.Equal(("site=oslo", false), (underWay.Definition.Tag, underWay.IsPrepared));
        Assert.False(await StepAsync(batch.Id, 10));

        await Batches.PrepareAsync(batch.Id, [new(Id)], isFirst: true, isLast: false, Token);
        await Batches.PrepareAsync(batch.Id, [new(Id)], isFirst: true, isLast: false, Token);
        await Batches.PrepareAsync(batch.Id, [new(DeviceId.Parse("e"))], isFirst: false, isLast: true, Token);

        Assert.Equal((2, BatchState.Running), ((await Batches.FindAsync(batch.Id, Token))!.Total, batch.State));
        Assert.True(Assert.Single(await Batches.ListUnderWayAsync(Token)).IsPrepared);
        Assert.Equal([1, 2], (await Batches.ListItemsAsync(batch.Id, null, 10, null, Token)).Items.Select(item => item.Place));
    }

    [Fact]
    public async Task ListAsync_Pages_GiveEachOnceTheNewestFirst()
    {
        for (var i = 0; i < 3; i++)
            await Batches.AddAsync(New(BatchKind.Send, [new(Id)]) with { Target = $"{i}" }, Token);

        var first = await Batches.ListAsync(2, null, Token);
        var second = await Batches.ListAsync(2, first.NextCursor, Token);

        Assert.Equal(["2", "1", "0"], first.Items.Concat(second.Items).Select(batch => batch.Target));
        Assert.Null(second.NextCursor);
        Assert.Null(await Batches.FindAsync(4711, Token));
    }

    [Fact]
    public async Task DropEndedAsync_OneEndedLongAgo_DropsThatOneOnly()
    {
        var ended = await Batches.AddAsync(New(BatchKind.Send, [new(Id)]), Token);
        Assert.False(await StepAsync(ended.Id, 10));
        var running = await Batches.AddAsync(New(BatchKind.Send, [new(Id)]), Token);

        Assert.Equal(0, await Batches.DropEndedAsync(DeviceBound.Now, 10, Token));
        Assert.Equal(1, await Batches.DropEndedAsync(DeviceBound.Now.AddSeconds(1), 10, Token));

        Assert.Equal((null, running.Id), (await Batches.FindAsync(ended.Id, Token), (await Batches.FindAsync(running.Id, Token))!.Id));
        Assert.Single(await Messages.ListQueueAsync(Id, 10, Token));
    }

    private static NewBatch New(BatchKind kind, IReadOnlyList<BatchSubject>? items = null) => new()
    {
        Kind = kind, Target = "some", By = "me", CreatedTime = DeviceBound.Now, Definition = new BatchDefinition(), Items = items ?? [],
    };

    private async Task<bool> StepAsync(long id, int max)
    {
        var kind = (await Batches.FindAsync(id, Token))!.Kind;
        return await Batches.StepAsync(id, max, subject => StepOf(kind, subject), DeviceBound.Now, Token);
    }

    private static BatchStep StepOf(BatchKind kind, BatchSubject subject) => kind switch
    {
        BatchKind.Send => new BatchStep.Send(DeviceBound.New(subject.DeviceId.Value), 50),
        BatchKind.Resubmit => new BatchStep.Resubmit(
            origin => DeviceBound.New(origin.Entry.DeviceId.Value, origin.TextOf(), origin.Entry.MessageId) with { Origin = origin.Entry }, 50),
        BatchKind.PurgeDeadLetters => new BatchStep.Delete(),
        BatchKind.Cancel => new BatchStep.Change(entry => DeviceBoundRules.Cancel(entry, "me", DeviceBound.Now)),
        _ => new BatchStep.Change(entry => DeviceBoundRules.Purge(entry, "me", null, DeviceBound.Now)),
    };

    private async Task<long> SendAsync(string body) =>
        Assert.IsType<EnqueueResult.Enqueued>(await Messages.EnqueueAsync(DeviceBound.New("d", body), 50, Token)).Message.Entry.Id;

    private async Task<long> RejectAsync(string body)
    {
        await SendAsync(body);
        var taken = Assert.Single(await LeaseAsync());
        await Messages.ChangeAsync([taken.Entry.Id], entry => Rules.Settle(entry, DeviceBound.Settlement(SettlementKind.Reject, taken.Entry.Lock!.Token), DeviceBound.Now), Token);
        return taken.Entry.Id;
    }

    private ValueTask<System.Collections.Immutable.ImmutableArray<DeviceBoundMessage>> LeaseAsync(int max = 10) => Messages.LeaseAsync(
        Id, "1", max, DeviceBound.Now, entry => Rules.Lease(entry, DeviceBound.Lock("c"), DeviceBound.Now, "there"), Token);

    private async Task<long?> HeldByAsync(long id) => (await Messages.FindAsync(id, Token))!.Entry.HeldBy;
}
