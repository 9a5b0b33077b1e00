using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage;

/// <summary>What every <see cref="IFeedbackStore"/> must do, with the outcomes that fill it.</summary>
public abstract class FeedbackStoreCompliance : IAsyncLifetime
{
    private static readonly DeviceId Id = DeviceId.Parse("d");
    private static readonly DeviceBoundRules Rules = new(new CloudToDeviceOptions());
    private static readonly FeedbackOptions Options = new() { BatchSize = 3 };
    private static readonly DateTimeOffset Soon = DeviceBound.Now.AddSeconds(1);
    private static readonly DateTimeOffset Later = DeviceBound.Now.AddSeconds(15);

    private protected abstract IFeedbackStore Feedback { get; }

    private protected abstract IDeviceBoundStore Messages { get; }

    private protected abstract IDeviceStore Registry { get; }

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task ReopenAsync();

    [Theory]
    [InlineData(FeedbackAck.None, false, false)]
    [InlineData(FeedbackAck.Positive, true, false)]
    [InlineData(FeedbackAck.Negative, false, true)]
    [InlineData(FeedbackAck.Full, true, true)]
    public async Task Receive_OutcomesByAck_GivesThoseThatWereAskedFor(FeedbackAck ack, bool ofCompleted, bool ofRejected)
    {
        await EndAsync("good", ack, SettlementKind.Complete);
        await EndAsync("bad", ack, SettlementKind.Reject);

        var batch = await ReceiveAsync(Later);

        Assert.Equal([.. ofCompleted ? new[] { "good" } : [], .. ofRejected ? new[] { "bad" } : []], batch?.Records.Select(record => record.MessageId) ?? []);
    }

    [Fact]
    public async Task Receive_EnoughForABatch_ComesAtOnceInOrderAndTheRestLater()
    {
        foreach (var id in (string[])["1", "2", "3", "4"])
            await EndAsync(id, FeedbackAck.Full, SettlementKind.Complete);
        await ReopenAsync();

        var first = await ReceiveAsync(Soon);

        Assert.Equal(["1", "2", "3"], first!.Records.Select(record => record.MessageId));
        Assert.Equal(new FeedbackRecord("1", Id, "1", DeviceBoundOutcome.Completed, null, DeviceBound.Now), first.Records[0]);
        Assert.Null(await ReceiveAsync(Soon));
        Assert.Equal("4", Assert.Single((await ReceiveAsync(Later))!.Records).MessageId);
    }

    [Fact]
    public async Task Complete_LockedBatch_IsGoneForGood()
    {
        await EndAsync("1", FeedbackAck.Full, SettlementKind.Complete);
        var batch = await ReceiveAsync(Later);

        Assert.True(await Feedback.CompleteAsync(batch!.Token, Token));

        Assert.False(await Feedback.CompleteAsync(batch.Token, Token));
        Assert.False(await Feedback.ReleaseAsync(batch.Token, 10, Token));
        Assert.Null(await ReceiveAsync(Later));
    }

    [Fact]
    public async Task Release_LockedBatch_ComesAgainUnderAnotherLockUntilItMayNot()
    {
        await EndAsync("1", FeedbackAck.Full, SettlementKind.Complete);
        var first = await ReceiveAsync(Later);
        Assert.True(await Feedback.ReleaseAsync(first!.Token, 2, Token));
        var second = await ReceiveAsync(Later);

        Assert.Equal((first.Number, "1"), (second!.Number, Assert.Single(second.Records).MessageId));
        Assert.False(await Feedback.CompleteAsync(first.Token, Token));
        Assert.True(await Feedback.ReleaseAsync(second.Token, 2, Token));
        Assert.Null(await ReceiveAsync(Later));
    }

    [Fact]
    public async Task ReleaseAll_AfterARestart_ComesAgain()
    {
        await EndAsync("1", FeedbackAck.Full, SettlementKind.Complete);
        var before = await ReceiveAsync(Later);

        await ReopenAsync();
        await Feedback.ReleaseAllAsync(Token);

        Assert.False(await Feedback.CompleteAsync(before!.Token, Token));
        Assert.Equal(before.Number, (await ReceiveAsync(Later))!.Number);
    }

    [Fact]
    public async Task DropExpired_RecordsAndBatches_GoWhenTheirTimeIsOver()
    {
        await EndAsync("batched", FeedbackAck.Full, SettlementKind.Complete);
        var batch = await ReceiveAsync(Later);
        await EndAsync("waiting", FeedbackAck.Full, SettlementKind.Complete);

        Assert.Equal(0, await Feedback.DropExpiredAsync(Later, Options.TimeToLive, Token));
        Assert.Equal(1, await Feedback.DropExpiredAsync(DeviceBound.Now + Options.TimeToLive, Options.TimeToLive, Token));
        Assert.Equal(1, await Feedback.DropExpiredAsync(Later + Options.TimeToLive, Options.TimeToLive, Token));
        Assert.False(await Feedback.CompleteAsync(batch!.Token, Token));
    }

    private ValueTask<FeedbackBatch?> ReceiveAsync(DateTimeOffset now) => Feedback.ReceiveAsync(Guid.NewGuid(), now, Options, Token);

    private async Task EndAsync(string messageId, FeedbackAck ack, SettlementKind kind)
    {
        await Registry.TryAddAsync(Devices.New("d"), Token);
        await Messages.EnqueueAsync(DeviceBound.New("d", messageId: messageId, ack: ack), 50, Token);
        var taken = Assert.Single(await Messages.LeaseAsync(Id, "1", 1, DeviceBound.Now, entry => Rules.Lease(entry, DeviceBound.Lock(), DeviceBound.Now, "there"), Token));
        await Messages.ChangeAsync([taken.Entry.Id], entry => Rules.Settle(entry, DeviceBound.Settlement(kind, taken.Entry.Lock!.Token), DeviceBound.Now), Token);
    }
}
