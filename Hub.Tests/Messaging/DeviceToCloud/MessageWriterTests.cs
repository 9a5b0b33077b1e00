using Hub.Server.Messaging.DeviceToCloud;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

/// <summary>How messages come into the log, and what the writer does when it stops.</summary>
public sealed class MessageWriterTests : MessageWriterBench
{
    [Fact]
    public async Task Append_LoneMessage_IsCommittedAtOnceAndFed()
    {
        using var subscription = Feed.Subscribe(10);

        var result = await DoneAsync(Append("a"));

        Assert.Equal(IngestResult.Accepted(0, 0), result);
        Assert.Equal(["a"], Stored());
        Assert.Equal(1, Metrics.AcceptedTotal);
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
        Assert.InRange(Log.Commits, 1, 3);
    }

    [Fact]
    public async Task Append_AfterManySmallOnes_WaitsForCompanyForTheLinger()
    {
        await RestartAsync(new DeviceToCloudOptions { Linger = TimeSpan.FromMilliseconds(500), LingerFrom = 20 });
        var hold = Hold();
        Task<IngestResult>[] many = [.. Enumerable.Range(0, 50).Select(i => Append($"m{i}").AsTask())];
        hold.SetResult();
        await Task.WhenAll(many).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var commits = Log.Commits;

        await Task.WhenAll(DoneAsync(Append("first")), DoneAsync(Append("in its company")));

        Assert.Equal(commits + 1, Log.Commits);
    }

    [Fact]
    [Trait("Promise", "P-8")]
    public async Task WhenReady_TooManyBytesWait_CompletesAfterTheCommit()
    {
        await RestartAsync(new DeviceToCloudOptions { MaxPendingBytes = 1024 * 1024 });
        var hold = Hold();
        var result = Append(new string('x', 1024 * 1024));

        var ready = Writer.WhenReadyAsync(CancellationToken.None).AsTask();
        Assert.False(ready.IsCompleted);
        hold.SetResult();

        await DoneAsync(result);
        await ready.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task StopAsync_WithMessagesInHand_CommitsThemAndRefusesLaterOnes()
    {
        var hold = Hold();
        Task<IngestResult>[] results = [Append("a").AsTask(), Append("b").AsTask()];
        var stop = Writer.StopAsync(CancellationToken.None);
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

        await Writer.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(IngestOutcome.Accepted, (await DoneAsync(result)).Outcome);
    }
}
