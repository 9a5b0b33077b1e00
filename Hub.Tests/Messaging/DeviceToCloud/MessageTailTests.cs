using System.Globalization;
using System.Text;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Devices;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

public sealed class MessageTailTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly InMemoryMessageLog _log = new(2);
    private readonly MessageFeed _feed = new();

    [Fact]
    public async Task Read_FromSequenceNumberWhilePublishing_HasNoGapAndNoDuplicate()
    {
        const int total = 20_000;
        await CommitAsync(0, 500);
        using var started = new SemaphoreSlim(0);
        _log.BeforeChunk = () => started.Release();
        await using var tail = Tail(new Dictionary<int, long> { [0] = 99 });

        // Publishing runs on while the backlog is read, and after it.
        var publishing = Task.Run(
            async () =>
            {
                Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(60), None), "The backlog was never read.");
                for (var next = 500; next < total; next += 50)
                    await CommitAsync(next, 50);
            },
            None);
        var seen = await ReadUntilAsync(tail, total - 1);
        await publishing.WaitAsync(TimeSpan.FromSeconds(60), None);

        Assert.Equal(Enumerable.Range(100, total - 100).Select(number => (long)number), seen.Select(message => message.SequenceNumber));
        Assert.All(seen, message => Assert.Equal(message.SequenceNumber.ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetString(message.Message.Body.Span)));
    }

    [Fact]
    public async Task Read_TooSlowFromSequenceNumber_IsRefilledFromTheLog()
    {
        await using var tail = Tail(new Dictionary<int, long> { [0] = -1 });
        // More than the queue takes: the later ones are left out of it.
        for (var next = 0; next < 60_000; next += 10_000)
            await CommitAsync(next, 10_000);

        var seen = await ReadUntilAsync(tail, 59_999);

        Assert.Equal(60_000, seen.Count);
        Assert.Equal(Enumerable.Range(0, 60_000).Select(number => (long)number), seen.Select(message => message.SequenceNumber));
    }

    [Fact]
    [Trait("Promise", "P-8")]
    public async Task Read_TooSlowFromNow_CountsWhatItMissed()
    {
        await using var tail = Tail([]);
        for (var next = 0; next < 60_000; next += 10_000)
            await CommitAsync(next, 10_000);

        var (matched, missed) = await DrainAsync(tail);
        await CommitAsync(60_000, 1);
        var (later, laterMissed) = await DrainAsync(tail);

        Assert.Equal((50_000, 10_000), (matched.Count, missed));
        Assert.Equal(60_000, Assert.Single(later).SequenceNumber);
        Assert.Equal(0, laterMissed);
    }

    [Fact]
    public async Task Read_LargeMessages_AreBoundedByBytes()
    {
        await using var tail = Tail([]);
        var large = TestMessages.Bytes(new byte[1024 * 1024]);
        for (var i = 0; i < 40; i++)
            await TestMessages.CommitAsync(_log, _feed, TestMessages.Append("d1", 0, large));

        var (matched, missed) = await DrainAsync(tail);

        Assert.Equal((32, 8), (matched.Count, missed));
    }

    [Fact]
    public async Task Read_FromNow_BeginsWithWhatComesNext()
    {
        await CommitAsync(0, 10);
        await using var tail = Tail([]);
        await CommitAsync(10, 2);

        var (matched, missed) = await DrainAsync(tail);

        Assert.Equal([10, 11], matched.Select(message => message.SequenceNumber));
        Assert.Equal(0, missed);
    }

    [Fact]
    public async Task D10_Read_OlderThanKept_CountsWhatIsGone()
    {
        await CommitAsync(0, 10);
        await CommitAsync(10, 5);
        await _log.DropExpiredAsync(DateTimeOffset.MaxValue, 0, None);
        await using var tail = Tail(new Dictionary<int, long> { [0] = 3 });

        var (matched, missed) = await DrainAsync(tail);

        Assert.Equal([10, 11, 12, 13, 14], matched.Select(message => message.SequenceNumber));
        Assert.Equal(6, missed);
    }

    [Fact]
    public async Task Read_Filtered_GivesOnlyWhatMatches()
    {
        var match = new TelemetryMatch
        {
            DeviceIds = new HashSet<DeviceId> { DeviceId.Parse("a") },
            Partition = 1,
            Text = new TextSearch("WARM"),
            Properties = [new("room", "1")],
        };
        await using var tail = new MessageTail(_feed, _log, match, new Dictionary<int, long>());
        var wanted = TestMessages.Text("so warm", null, ("room", "1"));
        await TestMessages.CommitAsync(
            _log, _feed,
            TestMessages.Append("a", 0, wanted),
            TestMessages.Append("b", 1, wanted),
            TestMessages.Append("a", 1, TestMessages.Text("so cold", null, ("room", "1")), TestMessages.Text("so warm", null, ("room", "2")), wanted));

        var (matched, missed) = await DrainAsync(tail);

        Assert.Equal((1, 3), (Assert.Single(matched).Partition, matched[0].SequenceNumber));
        Assert.Equal(0, missed);
    }

    private MessageTail Tail(Dictionary<int, long> after) => new(_feed, _log, TelemetryMatch.All, after);

    private Task CommitAsync(int from, int count) => TestMessages.CommitAsync(
        _log, _feed,
        TestMessages.Append("d1", 0, [.. Enumerable.Range(from, count).Select(number => TestMessages.Text(number.ToString(CultureInfo.InvariantCulture)))]));

    private static async Task<List<LoggedMessage>> ReadUntilAsync(MessageTail tail, long last)
    {
        var seen = new List<LoggedMessage>();
        while (seen.Count == 0 || seen[^1].SequenceNumber < last)
        {
            if (await tail.TryReadAsync(None) is not { } batch)
            {
                await tail.WaitToReadAsync(None).AsTask().WaitAsync(TimeSpan.FromSeconds(20), None);
                continue;
            }

            Assert.Equal(0, batch.Missed);
            seen.AddRange(batch.Matched);
        }

        return seen;
    }

    private static async Task<(List<LoggedMessage> Matched, long Missed)> DrainAsync(MessageTail tail)
    {
        var matched = new List<LoggedMessage>();
        var missed = 0L;
        while (await tail.TryReadAsync(None) is { } batch)
        {
            matched.AddRange(batch.Matched);
            missed += batch.Missed;
        }

        return (matched, missed);
    }
}
