using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>A message log in memory, for tests that look at what was stored.</summary>
internal sealed class InMemoryMessageLog(int partitions = 4) : IMessageLog
{
    private readonly List<LoggedMessage> _messages = [];
    private readonly long[] _next = new long[partitions];

    /// <summary>Set to let every append fail.</summary>
    public MessageLogFault? Fault { get; set; }

    public int PartitionCount => partitions;

    public IReadOnlyList<PartitionState> Partitions =>
        [.. _next.Select((next, partition) => new PartitionState(partition, 0, next - 1, null))];

    public long SizeInBytes => 0;

    public IReadOnlyList<LoggedMessage> Messages
    {
        get
        {
            lock (_messages)
                return [.. _messages];
        }
    }

    public ValueTask AppendAsync(IReadOnlyList<LogAppend> batch, CancellationToken cancellationToken)
    {
        if (Fault is { } fault)
            throw new MessageLogException("The log was told to fail.", fault);
        lock (_messages)
        {
            foreach (var append in batch)
            {
                append.FirstSequenceNumber = _next[append.Partition];
                foreach (var message in append.Messages)
                    _messages.Add(new LoggedMessage(append.Partition, _next[append.Partition]++, append.EnqueuedTime, append.Sender, message));
            }
        }

        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<IReadOnlyList<LoggedMessage>> ReadAsync(
        int partition, long fromSequenceNumber, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        yield return [.. Messages.Where(message => message.Partition == partition && message.SequenceNumber >= fromSequenceNumber)];
    }

    public ValueTask<LogPage> QueryAsync(TelemetryQuery query, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new LogPage(Messages, null));

    public ValueTask<int> DropExpiredAsync(DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken) => ValueTask.FromResult(0);

    public ValueTask<bool> ProbeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Fault is null);
}
