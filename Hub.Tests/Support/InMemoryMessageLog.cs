using System.Globalization;
using System.Runtime.CompilerServices;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>The log in memory, in blocks of one append, for tests that need a log but no disk.</summary>
internal sealed class InMemoryMessageLog(int partitions = 4) : IMessageLog
{
    private readonly Lock _lock = new();
    private readonly List<IReadOnlyList<LoggedMessage>>[] _blocks = [.. Enumerable.Range(0, partitions).Select(_ => new List<IReadOnlyList<LoggedMessage>>())];
    private readonly long[] _next = new long[partitions];

    /// <summary>Called before a chunk is given out, so that a test can make things happen while the log is read.</summary>
    public Action? BeforeChunk { get; set; }

    public bool Writable { get; set; } = true;

    public int PartitionCount => partitions;

    public long SizeInBytes { get; private set; }

    public IReadOnlyList<PartitionState> Partitions
    {
        get
        {
            lock (_lock)
            {
                return [.. Enumerable.Range(0, partitions).Select(partition =>
                    new PartitionState(
                        partition, _blocks[partition] is [var first, ..] ? first[0].SequenceNumber : _next[partition], _next[partition] - 1,
                        _blocks[partition] is [.., var last] ? last[^1].EnqueuedTime : null))];
            }
        }
    }

    public ValueTask AppendAsync(IReadOnlyList<LogAppend> batch, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var append in batch)
            {
                append.FirstSequenceNumber = _next[append.Partition];
                _blocks[append.Partition].Add([.. append.Messages.Select((message, index) =>
                    new LoggedMessage(append.Partition, append.FirstSequenceNumber + index, append.EnqueuedTime, append.Sender, message))]);
                _next[append.Partition] += append.Messages.Count;
                SizeInBytes += append.Messages.Sum(message => message.Size);
            }
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<IReadOnlyList<LoggedMessage>> ReadAsync(
        int partition, long fromSequenceNumber, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = fromSequenceNumber;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<LoggedMessage>? block;
            lock (_lock)
                block = _blocks[partition].Find(candidate => candidate[^1].SequenceNumber >= next);
            if (block is null)
                yield break;
            BeforeChunk?.Invoke();
            await Task.Yield();
            next = block[^1].SequenceNumber + 1;
            yield return block;
        }
    }

    public ValueTask<LogPage> QueryAsync(TelemetryQuery query, CancellationToken cancellationToken)
    {
        var skip = 0;
        if (query.Cursor is { } cursor && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out skip))
            throw new FormatException("Not a cursor of this log.");
        LoggedMessage[] all;
        lock (_lock)
            all = [.. _blocks.SelectMany(blocks => blocks).SelectMany(block => block).OrderBy(message => message.EnqueuedTime)];
        var text = query.Q is null ? null : new TextSearch(query.Q);
        var matching = all.Where(message => (query.DeviceId is null || message.Sender.DeviceId == query.DeviceId)
            && (query.Partition is null || message.Partition == query.Partition)
            && (query.After is null || message.SequenceNumber > query.After)
            && (query.From is null || message.EnqueuedTime >= query.From)
            && (query.To is null || message.EnqueuedTime < query.To)
            && (text is null || text.Matches(message.Message))).ToArray();
        if (query.Order == TelemetryOrder.Descending)
            Array.Reverse(matching);
        var page = matching.Skip(skip).Take(query.Limit).ToArray();
        var end = skip + page.Length;
        return ValueTask.FromResult(new LogPage(page, end < matching.Length ? end.ToString(CultureInfo.InvariantCulture) : null));
    }

    /// <summary>Drops the oldest blocks of every partition, all but the newest.</summary>
    public ValueTask<int> DropExpiredAsync(DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult(_blocks.Sum(blocks => blocks.RemoveAll(block => block != blocks[^1] && block[^1].EnqueuedTime < olderThan)));
    }

    public ValueTask<bool> ProbeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Writable);
}
