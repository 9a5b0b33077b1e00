using System.Diagnostics.Metrics;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

public sealed class MessageWriterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly InMemoryMessageLog _log = new(partitions: 1);
    private readonly MessageFeed _feed = new();
    private readonly FakeTimeProvider _time = new();
    private readonly IngestGate _gate;
    private readonly IngestMetrics _metrics;
    private MessageWriter _writer;

    public MessageWriterTests()
    {
        _gate = new IngestGate(_time);
        _metrics = new IngestMetrics(_services.GetRequiredService<IMeterFactory>());
        _writer = NewWriter(new DeviceToCloudOptions());
    }

    public async ValueTask InitializeAsync() => await _writer.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync(CancellationToken.None);
        _writer.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Append_LoneMessage_IsCommittedAtOnceAndFed()
    {
        using var subscription = _feed.Subscribe(10);

        var result = await DoneAsync(Append("a"));

        Assert.Equal(IngestResult.Accepted(0, 0), result);
        Assert.Equal(["a"], Stored());
        Assert.Equal(1, _metrics.AcceptedTotal);
    }

    [Fact]
    [Trait("Promise", "P-2")]
    public async Task Append_WhileACommitIsUnderWay_OneCommitForAllInOrder()
    {
        var hold = Hold();
        Task<IngestResult>[] results = [.. Enumerable.Range(0, 50).Select(i => Append($"m{i}").AsTask())];
        Assert.DoesNotContain(results, result => result.IsCompleted);

        hold.SetResult();

        var sequence = await Task.WhenAll(results).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), sequence.Select(result => result.FirstSequenceNumber));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"m{i}"), Stored());
        Assert.InRange(_log.Commits, 1, 3);
    }

    [Fact]
    public async Task Append_AfterManySmallOnes_WaitsForCompanyForTheLinger()
    {
        await DisposeWriterAsync();
        _writer = NewWriter(new DeviceToCloudOptions { Linger = TimeSpan.FromMilliseconds(500), LingerFrom = 20 });
        await _writer.StartAsync(CancellationToken.None);
        var hold = Hold();
        Task<IngestResult>[] many = [.. Enumerable.Range(0, 50).Select(i => Append($"m{i}").AsTask())];
        hold.SetResult();
        await Task.WhenAll(many).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var commits = _log.Commits;

        await Task.WhenAll(DoneAsync(Append("first")), DoneAsync(Append("in its company")));

        Assert.Equal(commits + 1, _log.Commits);
    }

    [Fact]
    [Trait("Promise", "P-8")]
    public async Task WhenReady_TooManyBytesWait_CompletesAfterTheCommit()
    {
        await DisposeWriterAsync();
        _writer = NewWriter(new DeviceToCloudOptions { MaxPendingBytes = 1024 * 1024 });
        await _writer.StartAsync(CancellationToken.None);
        var hold = Hold();
        var result = Append(new string('x', 1024 * 1024));

        var ready = _writer.WhenReadyAsync(CancellationToken.None).AsTask();
        Assert.False(ready.IsCompleted);
        hold.SetResult();

        await DoneAsync(result);
        await ready.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(MessageLogFault.Full, "disk is full")]
    [InlineData(MessageLogFault.InputOutput, "cannot be written")]
    [Trait("Promise", "P-1")]
    public async Task Append_LogFails_RefusesClosesTheGateAndResumesByItself(object fault, string reason)
    {
        _log.Fault = (MessageLogFault)fault;
        using var subscription = _feed.Subscribe(10);

        var refused = await DoneAsync(Append("a"));

        Assert.Equal(IngestOutcome.Unavailable, refused.Outcome);
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);
        Assert.False(_gate.IsOpen);
        Assert.Equal(IngestOutcome.Unavailable, (await DoneAsync(Append("b"))).Outcome);
        Assert.Equal((0, 2), (_metrics.AcceptedTotal, _metrics.RejectedTotal));
        var ready = _writer.WhenReadyAsync(CancellationToken.None).AsTask();

        // Probes that fail leave it closed.
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(ready.IsCompleted);
        _log.Fault = null;
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _gate.IsOpen;
        });

        await ready.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(Append("c"))).Outcome);
        Assert.Equal(["c"], Stored());
    }

    [Fact]
    public async Task Append_LogFailsAgainTheMomentItResumed_ResumesOnceMore()
    {
        _log.Fault = MessageLogFault.Full;
        await DoneAsync(Append("a"));
        var closedAgain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate.Changed += FailOnce;
        _log.Fault = null;

        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return closedAgain.Task.IsCompleted && _gate.IsOpen;
        });

        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(Append("b"))).Outcome);

        // Called amid the opening: the next commit fails before whoever opens has ended.
        void FailOnce()
        {
            if (!_gate.IsOpen)
                return;
            _gate.Changed -= FailOnce;
            _log.Fault = MessageLogFault.Full;
            var refused = Append("c").AsTask();
            Assert.True(SpinWait.SpinUntil(() => refused.IsCompleted, Patience));
            _log.Fault = null;
            closedAgain.SetResult();
        }
    }

    [Fact]
    public async Task StopAsync_WithMessagesInHand_CommitsThemAndRefusesLaterOnes()
    {
        var hold = Hold();
        Task<IngestResult>[] results = [Append("a").AsTask(), Append("b").AsTask()];
        var stop = _writer.StopAsync(CancellationToken.None);
        hold.SetResult();

        await stop.WaitAsync(Patience, TestContext.Current.CancellationToken);

        var outcomes = await Task.WhenAll(results).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.All(outcomes, result => Assert.Equal(IngestOutcome.Accepted, result.Outcome));
        Assert.Equal(IngestOutcome.Unavailable, (await DoneAsync(Append("late"))).Outcome);
        Assert.Equal(["a", "b"], Stored());
    }

    [Fact]
    public async Task StopAsync_WhenTheTimeForItIsUsedUp_StillCommitsAndDoesNotFail()
    {
        var result = Append("last");

        await _writer.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(result)).Outcome);
    }

    [Fact]
    [Trait("Promise", "P-1")]
    public async Task Append_WriterDiesOfABug_AllThatWaitAndAllThatComeAreRefused()
    {
        var hold = Hold();
        var inItsHands = Append("in its hands").AsTask();
        await Eventually.TrueAsync(() => _log.Appends > 0);
        Task<IngestResult>[] waiting = [.. Enumerable.Range(0, 50).Select(i => Append($"m{i}").AsTask())];
        _log.Bug = new InvalidOperationException("A bug.");

        hold.SetResult();

        var results = await Task.WhenAll([inItsHands, .. waiting]).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => !_gate.IsOpen);
        IngestResult[] all = [.. results, await DoneAsync(Append("late"))];
        Assert.All(all, result => Assert.Equal(IngestOutcome.Unavailable, result.Outcome));
        Assert.All(all, result => Assert.Contains("message writer has failed", result.Reason, StringComparison.Ordinal));
        Assert.Equal((0, 52), (_metrics.AcceptedTotal, _metrics.RejectedTotal));
    }

    [Fact]
    public async Task Append_WriterDiesAmidAnswering_NobodyIsAnsweredTwiceAndTheRestIsRefused()
    {
        var hold = Hold();
        var first = Append("first").AsTask();
        await Eventually.TrueAsync(() => _log.Appends > 0);
        var second = Append("second").AsTask();
        var faulty = new FaultyCaller();
        Message message = TestMessages.Text("faulty");
        _writer.Append(new PendingAppend(TestMessages.Append("d1", 0, message), message.Size, faulty));
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
        await DisposeWriterAsync();
        _writer = NewWriter(new DeviceToCloudOptions { MaxBatchMessages = 1, Linger = TimeSpan.Zero });
        await _writer.StartAsync(CancellationToken.None);
        var hold = Hold();
        Task<IngestResult>[] both = [Append("finds a full disk").AsTask(), Append("finds a bug").AsTask()];
        _log.Fault = MessageLogFault.Full;
        _gate.Changed += FromFullToBug;

        hold.SetResult();

        var results = await Task.WhenAll(both).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Equal(IngestOutcome.Unavailable, result.Outcome));
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _gate.Closure?.Reason.Contains("message writer has failed", StringComparison.Ordinal) == true;
        });
        Assert.Equal(IngestOutcome.Unavailable, (await DoneAsync(Append("late"))).Outcome);

        // Called by the writer when the first commit fails.
        void FromFullToBug()
        {
            _gate.Changed -= FromFullToBug;
            _log.Fault = null;
            _log.Bug = new InvalidOperationException("A bug.");
        }
    }

    private MessageWriter NewWriter(DeviceToCloudOptions options) => new(
        _log, _feed, _gate, _metrics, Options.Create(options), _time, NullLogger<MessageWriter>.Instance);

    private async Task DisposeWriterAsync()
    {
        await _writer.StopAsync(CancellationToken.None);
        _writer.Dispose();
    }

    private TaskCompletionSource Hold()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _log.Hold = hold.Task;
        return hold;
    }

    private ValueTask<IngestResult> Append(string text)
    {
        Message message = TestMessages.Text(text);
        var caller = new AwaitingCaller();
        _writer.Append(new PendingAppend(TestMessages.Append("d1", 0, message), message.Size, caller));
        return caller.Task;
    }

    private static Task<IngestResult> DoneAsync(ValueTask<IngestResult> result) =>
        result.AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    private IEnumerable<string> Stored() => _log.Messages.Select(logged => System.Text.Encoding.UTF8.GetString(logged.Message.Body.Span));

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
