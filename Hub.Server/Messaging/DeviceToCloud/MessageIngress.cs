using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The entrance for device-to-cloud messages. On return with <see cref="IngestOutcome.Accepted"/> the messages are committed and
/// fsynced; with anything else, nothing of them is stored and the sender must not be told that it was. Called by every head.
/// </summary>
internal sealed class MessageIngress(MessageWriter writer, IOptions<DeviceToCloudOptions> options, TimeProvider time, IngestMetrics metrics)
{
    private readonly int _maxMessageSize = options.Value.MaxMessageSize;
    private readonly int _partitions = options.Value.Partitions;

    /// <summary>
    /// Completes when a message would be taken: at once while there is room. A head awaits it before it reads on from its peer; that
    /// is the back-pressure.
    /// </summary>
    public ValueTask WhenReadyAsync(CancellationToken cancellationToken) => writer.WhenReadyAsync(cancellationToken);

    /// <summary>
    /// Takes messages of one sender, all or none, in order. Hands them over at once, so that calls of one sender made one after the
    /// other keep their order even if each result is awaited later.
    /// </summary>
    public ValueTask<IngestResult> AcceptAsync(MessageSender sender, ImmutableArray<Message> messages)
    {
        var caller = new AwaitingCaller();
        Accept(sender, messages, caller);
        return caller.Task;
    }

    /// <summary>As <see cref="AcceptAsync"/>, for a caller with a way of its own to be told.</summary>
    public void Accept(MessageSender sender, ImmutableArray<Message> messages, IIngestCaller caller)
    {
        // 1. Refuse what is too large.
        var bytes = 0;
        for (var i = 0; i < messages.Length; i++)
        {
            var size = messages[i].Size;
            if (size > _maxMessageSize)
            {
                metrics.Rejected(IngestMetrics.TooLarge, messages.Length);
                caller.OnResult(IngestResult.TooLarge(size, _maxMessageSize));
                return;
            }

            bytes += size;
        }

        // 2. Stamp: the sender is the connection's, the time is ours, the partition follows from the device.
        var append = new LogAppend(sender, PartitionOf.Device(sender.DeviceId, _partitions), time.GetUtcNow(), messages);

        // 3. Append; the writer counts and feeds what it has committed.
        writer.Append(new PendingAppend(append, bytes, caller));
    }
}
