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
    /// Takes messages of one sender, all or none, in order. Waits while the writer has enough to do: that wait is the back-pressure,
    /// so a head does not read on before it has been handed over (the returned task may be awaited later).
    /// </summary>
    public ValueTask<IngestResult> AcceptAsync(MessageSender sender, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        // 1. Refuse what is too large.
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Size > _maxMessageSize)
            {
                metrics.Rejected(IngestMetrics.TooLarge, messages.Count);
                return new(IngestResult.TooLarge(messages[i].Size, _maxMessageSize));
            }
        }

        // 2. Stamp: the sender is the connection's, the time is ours, the partition follows from the device.
        var append = new LogAppend(sender, PartitionOf.Device(sender.DeviceId, _partitions), time.GetUtcNow(), messages);

        // 3. Append; the writer counts and feeds what it has committed.
        return writer.AppendAsync(append, cancellationToken);
    }
}
