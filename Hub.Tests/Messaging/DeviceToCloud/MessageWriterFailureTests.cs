using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

/// <summary>What callers hear when the log, or the writer itself, fails.</summary>
public sealed class MessageWriterFailureTests : MessageWriterBench
{
    [Theory]
    [InlineData(MessageLogFault.Full, "disk is full")]
    [InlineData(MessageLogFault.InputOutput, "cannot be written")]
    [Trait("Promise", "P-1")]
    public async Task Append_LogFails_RefusesClosesTheGateAndResumesByItself(object fault, string reason)
    {
        Log.Fault = (MessageLogFault)fault;
        using var subscription = Feed.Subscribe(10);

        var refused = await DoneAsync(Append("a"));

        Assert.Equal(IngestOutcome.Unavailable, refused.Outcome);
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.False(Gate.IsOpen);
        Assert.Equal(IngestOutcome.Unavailable, (await DoneAsync(Append("b"))).Outcome);
        Assert.Equal((0, 2), (Metrics.AcceptedTotal, Metrics.RejectedTotal));
        var ready = Writer.WhenReadyAsync(CancellationToken.None).AsTask();

        // Probes that fail leave it closed.
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(ready.IsCompleted);
        Log.Fault = null;
        await Eventually.TrueAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return Gate.IsOpen;
        });

        await ready.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(Append("c"))).Outcome);
        Assert.Equal(["c"], Stored());
    }

    [Fact]
    public async Task Append_LogFailsAgainTheMomentItResumed_ResumesOnceMore()
    {
        Log.Fault = MessageLogFault.Full;
        await DoneAsync(Append("a"));
        var closedAgain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Gate.Changed += FailOnce;
        Log.Fault = null;

        await Eventually.TrueAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return closedAgain.Task.IsCompleted && Gate.IsOpen;
        });

        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(Append("b"))).Outcome);

        // Called amid the opening: the next commit fails before whoever opens has ended.
        void FailOnce()
        {
            if (!Gate.IsOpen)
                return;
            Gate.Changed -= FailOnce;
            Log.Fault = MessageLogFault.Full;
            var refused = Append("c").AsTask();
            Assert.True(SpinWait.SpinUntil(() => refused.IsCompleted, Patience));
            Log.Fault = null;
            closedAgain.SetResult();
        }
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Append_WriterDiesOfABug_AllThatWaitAndAllThatComeAreRefused()
    {
        var hold = Hold();
        var inItsHands = Append("in its hands").AsTask();
        await Eventually.TrueAsync(() => Log.Appends > 0);
        Task<IngestResult>[] waiting = [.. Enumerable.Range(0, 50).Select(i => Append($"m{i}").AsTask())];
        Log.Bug = new InvalidOperationException("A bug.");

        hold.SetResult();

        var results = await Task.WhenAll([inItsHands, .. waiting]).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => !Gate.IsOpen);
        IngestResult[] all = [.. results, await DoneAsync(Append("late"))];
        Assert.All(all, result => Assert.Equal(IngestOutcome.Unavailable, result.Outcome));
        Assert.All(all, result => Assert.Contains("message writer has failed", result.Reason, StringComparison.Ordinal));
        Assert.Equal((0, 52), (Metrics.AcceptedTotal, Metrics.RejectedTotal));
    }

    [Fact]
    public async Task Append_WriterDiesAmidAnswering_NobodyIsAnsweredTwiceAndTheRestIsRefused()
    {
        var hold = Hold();
        var first = Append("first").AsTask();
        await Eventually.TrueAsync(() => Log.Appends > 0);
        var second = Append("second").AsTask();
        var faulty = new FaultyCaller();
        Message message = TestMessages.Text("faulty");
        Writer.Append(new PendingAppend(TestMessages.Append("d1", 0, message), message.Size, faulty));
        var last = Append("last").AsTask();

        hold.SetResult();

        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(new(first))).Outcome);
        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(new(second))).Outcome);
        Assert.Equal(IngestOutcome.Unavailable, (await DoneAsync(new(last))).Outcome);
        Assert.Equal(1, faulty.Results);
    }

    [Fact]
    public async Task Append_WriterDiesWhileTheLogIsTriedAgain_StaysClosedWhenTheLogIsWell()
    {
        await RestartAsync(new DeviceToCloudOptions { MaxBatchMessages = 1, Linger = TimeSpan.Zero });
        var hold = Hold();
        Task<IngestResult>[] both = [Append("finds a full disk").AsTask(), Append("finds a bug").AsTask()];
        Log.Fault = MessageLogFault.Full;
        Gate.Changed += FromFullToBug;

        hold.SetResult();

        var results = await Task.WhenAll(both).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Equal(IngestOutcome.Unavailable, result.Outcome));
        await Eventually.TrueAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return Gate.Closure?.Reason.Contains("message writer has failed", StringComparison.Ordinal) == true;
        });
        Assert.Equal(IngestOutcome.Unavailable, (await DoneAsync(Append("late"))).Outcome);

        // Called by the writer when the first commit fails.
        void FromFullToBug()
        {
            Gate.Changed -= FromFullToBug;
            Log.Fault = null;
            Log.Bug = new InvalidOperationException("A bug.");
        }
    }

    /// <summary>Takes no answer.</summary>
    private sealed class FaultyCaller : IIngestCaller
    {
        public int Results { get; private set; }

        public void OnResult(IngestResult result)
        {
            Results++;
            throw new InvalidOperationException("A bug.");
        }
    }
}
