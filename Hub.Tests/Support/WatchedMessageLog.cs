using System.Threading.Channels;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>Another log, of which every round of dropping can be awaited; the rounds may fail first.</summary>
internal sealed class WatchedMessageLog(IMessageLog log) : IMessageLog
{
    private readonly Channel<int> _rounds = Channel.CreateUnbounded<int>();

    /// <summary>Set: dropping throws it.</summary>
    public Exception? DropFault { get; set; }

    public int PartitionCount => log.PartitionCount;

    public IReadOnlyList<PartitionState> Partitions => log.Partitions;

    public long SizeInBytes => log.SizeInBytes;

    /// <summary>How many files the next round dropped, once it has ended; -1 when it failed.</summary>
    public async Task<int> RoundAsync(CancellationToken cancellationToken) => await _rounds.Reader.ReadAsync(cancellationToken);

    public async ValueTask<int> DropExpiredAsync(DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken)
    {
        var dropped = -1;
        try
        {
            if (DropFault is not null)
                throw DropFault;
            return dropped = await log.DropExpiredAsync(olderThan, maxBytes, cancellationToken);
        }
        finally
        {
            _rounds.Writer.TryWrite(dropped);
        }
    }

    public ValueTask AppendAsync(IReadOnlyList<LogAppend> batch, CancellationToken cancellationToken) => log.AppendAsync(batch, cancellationToken);

    public IAsyncEnumerable<IReadOnlyList<LoggedMessage>> ReadAsync(int partition, long fromSequenceNumber, CancellationToken cancellationToken) =>
        log.ReadAsync(partition, fromSequenceNumber, cancellationToken);

    public ValueTask<LogPage> QueryAsync(TelemetryQuery query, CancellationToken cancellationToken) => log.QueryAsync(query, cancellationToken);

    public ValueTask<string?> ProbeAsync(CancellationToken cancellationToken) => log.ProbeAsync(cancellationToken);
}
