using CsCheck;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Devices;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Messaging.DeviceToCloud;

/// <summary>What every <see cref="IMessageLog"/> must do.</summary>
public abstract class MessageLogCompliance
{
    private const int Partitions = 2;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AppendAsync_SeveralPartitions_NumbersEachWithoutGapFromZero()
    {
        var log = Create(Partitions);
        var senders = Enumerable.Range(0, 8).Select(i => LogSamples.Sender("device" + i)).ToArray();
        var expected = new long[Partitions];
        for (var round = 0; round < 3; round++)
        {
            var batch = senders.Select(sender => LogSamples.Append(sender, Partitions, LogSamples.Start, LogSamples.Message("a"), LogSamples.Message("b"))).ToArray();
            await log.AppendAsync(batch, Token);
            foreach (var append in batch)
            {
                Assert.Equal(expected[append.Partition], append.FirstSequenceNumber);
                expected[append.Partition] += 2;
            }
        }

        Assert.All(log.Partitions, state => Assert.Equal(expected[state.Partition] - 1, state.LastSequenceNumber));
        Assert.All(log.Partitions, state => Assert.Equal(0, state.FirstSequenceNumber));
        Assert.All(log.Partitions, state => Assert.Equal(LogSamples.Start, state.LastEnqueuedTime));
    }

    [Fact]
    public void Partitions_EmptyLog_SayNoMessages()
    {
        Assert.Equal(
            [new PartitionState(0, 0, -1, null), new PartitionState(1, 0, -1, null)],
            Create(Partitions).Partitions);
    }

    [Fact]
    public async Task ReadAsync_AnyMessages_GivesBackWhatWasAppended()
    {
        var log = Create(1);
        Message[] messages =
        [
            LogSamples.Message("plain"), LogSamples.Message("", "high", "m-1"), LogSamples.Message("ä€😀", "high", "m-2"),
            new() { Body = new byte[] { 0, 255, 128 }, Properties = ApplicationProperties.Create([new("", ""), new("b", "2"), new("a", "1")]) },
        ];
        var sender = LogSamples.Sender("d1", "dtmi:x;1");
        await log.AppendAsync([LogSamples.Append(sender, 1, LogSamples.Start, messages)], Token);

        var read = await ReadAllAsync(log, 0, 0);

        Assert.Equal(messages.Select(LogSamples.Show), read.Select(message => LogSamples.Show(message.Message)));
        Assert.All(read, message => Assert.Equal(sender, message.Sender));
        Assert.All(read, message => Assert.Equal(LogSamples.Start, message.EnqueuedTime));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(29, 29)]
    public async Task ReadAsync_FromAPlace_BeginsThere(long from, long first)
    {
        var log = await CreateWithNumbersAsync();
        var read = await ReadAllAsync(log, 0, from);
        Assert.Equal(Enumerable.Range((int)first, 30 - (int)first).Select(i => (long)i), read.Select(message => message.SequenceNumber));
    }

    [Fact]
    public async Task D10_ReadAsync_BehindTheEnd_GivesNothing() => Assert.Empty(await ReadAllAsync(await CreateWithNumbersAsync(), 0, 30));

    [Theory]
    [InlineData(TelemetryOrder.Ascending)]
    [InlineData(TelemetryOrder.Descending)]
    public async Task QueryAsync_SmallPages_GiveEachMessageOnce(TelemetryOrder order)
    {
        var log = await CreateWithNumbersAsync();
        var pages = await QueryAllAsync(log, new TelemetryQuery { Order = order, Limit = 7 });
        var expected = Enumerable.Range(0, 30).Select(i => (long)i);
        Assert.Equal(order == TelemetryOrder.Ascending ? expected : expected.Reverse(), pages.Select(message => message.SequenceNumber));
    }

    [Fact]
    public async Task H11_QueryAsync_CursorOfAnotherQuery_IsRefused()
    {
        var log = await CreateWithNumbersAsync();
        var page = await log.QueryAsync(new TelemetryQuery { Limit = 5 }, Token);
        await Assert.ThrowsAsync<FormatException>(async () =>
            await log.QueryAsync(new TelemetryQuery { Limit = 5, Q = "x", Cursor = page.NextCursor }, Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("!!!")]
    public async Task H11_QueryAsync_NoCursorOfOurs_IsRefused(string cursor)
    {
        var log = await CreateWithNumbersAsync();
        await Assert.ThrowsAsync<FormatException>(async () => await log.QueryAsync(new TelemetryQuery { Cursor = cursor }, Token));
    }

    [Fact]
    public async Task QueryAsync_DeviceNotInThePartitionAsked_GivesNothing()
    {
        var log = await CreateWithNumbersAsync(2);
        var device = DeviceId.Parse("d1");
        var query = new TelemetryQuery { DeviceId = device, Partition = 1 - PartitionOf.Device(device, 2) };
        Assert.Equal(new LogPage([], null).Items, (await log.QueryAsync(query, Token)).Items);
    }

    [Fact]
    public void QueryAsync_AnyQuestion_AnswersAsTheReference() =>
        History.Select(Question).Sample(
            (history, query) =>
            {
                var log = Create(Partitions);
                try
                {
                    var stored = Append(log, history);
                    var expected = NaiveQuery.Run(stored, query).Select(LogSamples.Show).ToArray();
                    var found = QueryAllAsync(log, query).GetAwaiter().GetResult().Select(LogSamples.Show).ToArray();
                    Assert.Equal(expected, found);
                }
                finally
                {
                    (log as IDisposable)?.Dispose();
                }
            },
            iter: 150, threads: 1);

    /// <summary>A new, empty log.</summary>
    internal abstract IMessageLog Create(int partitions);

    /// <summary>What a log does between commits: nothing, or whatever makes its reading harder.</summary>
    internal virtual void Disturb(IMessageLog log, int round)
    {
    }

    internal static async Task<List<LoggedMessage>> ReadAllAsync(IMessageLog log, int partition, long from)
    {
        var read = new List<LoggedMessage>();
        await foreach (var chunk in log.ReadAsync(partition, from, Token))
            read.AddRange(chunk);
        return read;
    }

    internal static async Task<List<LoggedMessage>> QueryAllAsync(IMessageLog log, TelemetryQuery query)
    {
        var found = new List<LoggedMessage>();
        for (var pages = 0; pages < 10_000; pages++)
        {
            var page = await log.QueryAsync(query, Token);
            Assert.True(page.Items.Count <= query.Limit);
            found.AddRange(page.Items);
            if (page.NextCursor is null)
                return found;
            query = query with { Cursor = page.NextCursor };
        }

        throw new InvalidOperationException("The pages never end.");
    }

    private static readonly Gen<(int Device, int Second, int Body, int Messages)> GenAppend =
        Gen.Select(Gen.Int[0, 4], Gen.Int[-40, 300], Gen.Int[0, 3], Gen.Int[1, 4]);

    private static readonly Gen<(int Device, int Second, int Body, int Messages)[][]> History = GenAppend.Array[1, 6].Array[0, 8];

    private static readonly Gen<TelemetryQuery> Question =
        from device in Gen.Int[-3, 4]
        from partition in Gen.Int[-2, 1]
        from after in Gen.Int[-20, 20]
        from fromSecond in Gen.Int[-300, 300]
        from length in Gen.Int[-200, 300]
        from text in Gen.Int[-3, 3]
        from newestFirst in Gen.Bool
        from limit in Gen.Int[1, 9]
        select new TelemetryQuery
        {
            DeviceId = device < 0 ? null : DeviceId.Parse("d" + device),
            Partition = partition < 0 ? null : partition,
            After = partition < 0 || after < 0 ? null : after,
            From = fromSecond < -60 ? null : LogSamples.Start.AddSeconds(fromSecond),
            To = length < 0 ? null : LogSamples.Start.AddSeconds(fromSecond + length),
            Q = text < 0 ? null : "BODY" + text,
            Order = newestFirst ? TelemetryOrder.Descending : TelemetryOrder.Ascending,
            Limit = limit,
        };

    private List<LoggedMessage>[] Append(IMessageLog log, (int Device, int Second, int Body, int Messages)[][] history)
    {
        var stored = new List<LoggedMessage>[Partitions];
        for (var partition = 0; partition < Partitions; partition++)
            stored[partition] = [];
        for (var round = 0; round < history.Length; round++)
        {
            var batch = history[round].Select(append => LogSamples.Append(
                LogSamples.Sender("d" + append.Device), Partitions, LogSamples.Start.AddSeconds(append.Second),
                [.. Enumerable.Range(0, append.Messages).Select(_ => LogSamples.Message("body" + append.Body, "p" + append.Body))])).ToArray();
            log.AppendAsync(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            foreach (var append in batch)
            {
                for (var i = 0; i < append.Messages.Length; i++)
                    stored[append.Partition].Add(new(append.Partition, append.FirstSequenceNumber + i, append.EnqueuedTime, append.Sender, append.Messages[i]));
            }

            Disturb(log, round);
        }

        return stored;
    }

    private async Task<IMessageLog> CreateWithNumbersAsync(int partitions = 1)
    {
        var log = Create(partitions);
        for (var i = 0; i < 10; i++)
        {
            var append = LogSamples.Append(
                LogSamples.Sender("d1"), partitions, LogSamples.Start.AddSeconds(i), LogSamples.Message("1"), LogSamples.Message("2"), LogSamples.Message("3"));
            await log.AppendAsync([append], Token);
        }

        return log;
    }
}

/// <inheritdoc/>
public sealed class InMemoryMessageLogTests : MessageLogCompliance
{
    internal override IMessageLog Create(int partitions) => new InMemoryMessageLog(partitions);
}
