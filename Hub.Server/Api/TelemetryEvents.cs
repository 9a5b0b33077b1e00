using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Api;

/// <summary>
/// Writes a tail as server-sent events. A client that does not read makes the write wait, and so nothing is taken for it: what it is
/// too slow for is refilled from the log where it began from a sequence number, and counted in a <c>dropped</c> event otherwise.
/// </summary>
internal sealed class TelemetryEvents(ServerSentEvents events, MessageTail tail, int? onlyPartition)
{
    private readonly long[] _places = tail.Places;

    /// <summary>Writes until the client leaves or the hub stops.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await events.BeginAsync(cancellationToken);
            while (true)
            {
                while (await tail.TryReadAsync(cancellationToken) is { } batch)
                    await WriteBatchAsync(batch, cancellationToken);
                await events.WaitAsync(tail.WaitToReadAsync, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client left, or the hub stops: the stream's ordinary end.
        }
    }

    private async ValueTask WriteBatchAsync(TailBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Missed > 0)
            events.AddDropped(batch.Missed);
        foreach (var message in batch.Matched)
        {
            _places[message.Partition] = message.SequenceNumber;
            events.Add(message.ToItem(), id: StreamPlaces.Format(message.Partition, _places, onlyPartition));
            if (events.ShouldFlush)
                await events.FlushAsync(cancellationToken);
        }

        // What was passed over unmatched need not be looked through again.
        tail.Places.CopyTo(_places, 0);
        await events.FlushAsync(cancellationToken);
    }
}
