using System.Collections.Immutable;
using Hub.Shared.Messages;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The durable device-to-cloud log: partitions, each a gapless sequence of messages from 0. One writer (<see cref="MessageWriter"/>),
/// any number of readers.
/// </summary>
internal interface IMessageLog
{
    /// <summary>How many partitions there are; fixed once data exists.</summary>
    int PartitionCount { get; }

    /// <summary>Each partition's ends, as of the last commit.</summary>
    IReadOnlyList<PartitionState> Partitions { get; }

    /// <summary>The room that the log takes on disk.</summary>
    long SizeInBytes { get; }

    /// <summary>
    /// Appends all of the batch in one transaction with one fsync, and gives each append its first sequence number. On return it is
    /// durable. Called by one thread at a time.
    /// </summary>
    /// <exception cref="MessageLogException">Nothing of the batch is stored.</exception>
    ValueTask AppendAsync(IReadOnlyList<LogAppend> batch, CancellationToken cancellationToken);

    /// <summary>
    /// Messages of a partition from a sequence number on, in order, in chunks of whole stored blocks; ends at what is the last message
    /// when it gets there. Begins with the oldest kept message when that is younger. Damaged blocks are passed over and reported.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<LoggedMessage>> ReadAsync(int partition, long fromSequenceNumber, CancellationToken cancellationToken);

    /// <summary>A page of the messages that match, across partitions ordered by enqueued time, within a partition by sequence number.</summary>
    /// <exception cref="FormatException">The cursor is not one that this log gave for the same query.</exception>
    ValueTask<LogPage> QueryAsync(TelemetryQuery query, CancellationToken cancellationToken);

    /// <summary>Drops whole files that are past their age, or that exceed the size; returns how many.</summary>
    ValueTask<int> DropExpiredAsync(DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Tries whether a small write reaches the disk now: null when it does, and otherwise a sentence for the operator that says why not.</summary>
    ValueTask<string?> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>The ends of a partition.</summary>
/// <param name="Partition">From 0.</param>
/// <param name="FirstSequenceNumber">The oldest kept; <see cref="LastSequenceNumber"/> + 1 when empty.</param>
/// <param name="LastSequenceNumber">The newest; -1 before the first message.</param>
/// <param name="LastEnqueuedTime">When the newest was enqueued.</param>
internal readonly record struct PartitionState(int Partition, long FirstSequenceNumber, long LastSequenceNumber, DateTimeOffset? LastEnqueuedTime);

/// <summary>Messages of one sender that are appended together, in order.</summary>
internal sealed class LogAppend(MessageSender sender, int partition, DateTimeOffset enqueuedTime, ImmutableArray<Message> messages)
{
    public MessageSender Sender { get; } = sender;

    public int Partition { get; } = partition;

    /// <summary>When the hub took them in.</summary>
    public DateTimeOffset EnqueuedTime { get; } = enqueuedTime;

    public ImmutableArray<Message> Messages { get; } = messages;

    /// <summary>The first one's sequence number, set by the log during <see cref="IMessageLog.AppendAsync"/>.</summary>
    public long FirstSequenceNumber { get; set; } = -1;
}

/// <summary>A message as the log keeps it.</summary>
/// <param name="Partition">Where.</param>
/// <param name="SequenceNumber">Its place there.</param>
/// <param name="EnqueuedTime">When the hub took it in.</param>
/// <param name="Sender">Who sent it.</param>
/// <param name="Message">What was sent.</param>
internal sealed record LoggedMessage(int Partition, long SequenceNumber, DateTimeOffset EnqueuedTime, MessageSender Sender, Message Message);

/// <summary>A page of logged messages.</summary>
internal sealed record LogPage(IReadOnlyList<LoggedMessage> Items, string? NextCursor);

/// <summary>The log could not store or read.</summary>
internal sealed class MessageLogException(string message, MessageLogFault fault, Exception? inner = null) : Exception(message, inner)
{
    public MessageLogFault Fault { get; } = fault;
}

/// <summary>Why the log could not.</summary>
internal enum MessageLogFault
{
    /// <summary>There is no space left.</summary>
    Full,

    /// <summary>Reading, writing or syncing failed.</summary>
    InputOutput,
}
