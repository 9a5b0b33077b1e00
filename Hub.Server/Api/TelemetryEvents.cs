using System.Text;
using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Api;

/// <summary>
/// Writes a tail as server-sent events. A client that does not read makes the write wait, and so nothing is taken for it: what it is
/// too slow for is refilled from the log where it began from a sequence number, and counted in a <c>dropped</c> event otherwise.
/// </summary>
internal sealed class TelemetryEvents(HttpResponse response, MessageTail tail, int? onlyPartition, TimeProvider time)
{
    internal static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);
    private const int FlushBytes = 32 * 1024;
    private static readonly JsonWriterOptions Writing = new() { Encoder = TelemetryEndpoints.Json.Encoder, MaxDepth = TelemetryEndpoints.Json.MaxDepth };

    private readonly long[] _places = tail.Places;

    /// <summary>Writes until the client leaves or the hub stops.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // Asks proxies such as nginx to pass events on at once.
        response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            // Bytes at once, so that the client knows that it is heard from here on.
            await CommentAsync("connected", cancellationToken);
            while (true)
            {
                while (await tail.TryReadAsync(cancellationToken) is { } batch)
                    await WriteBatchAsync(batch, cancellationToken);
                if (!await WaitAsync(cancellationToken))
                    await CommentAsync("alive", cancellationToken);
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
            Text($"event: dropped\ndata: {{\"dropped\":\"{batch.Missed}\"}}\n\n");
        foreach (var message in batch.Matched)
        {
            _places[message.Partition] = message.SequenceNumber;
            Text($"id: {StreamPlaces.Format(message.Partition, _places, onlyPartition)}\ndata: ");
            using (var json = new Utf8JsonWriter(response.BodyWriter, Writing))
                JsonSerializer.Serialize(json, message.ToItem(), TelemetryEndpoints.Json);
            Text("\n\n");
            if (response.BodyWriter.UnflushedBytes >= FlushBytes)
                await response.BodyWriter.FlushAsync(cancellationToken);
        }

        // What was passed over unmatched need not be looked through again.
        tail.Places.CopyTo(_places, 0);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private async ValueTask CommentAsync(string text, CancellationToken cancellationToken)
    {
        Text($": {text}\n\n");
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    private void Text(string text) => Encoding.ASCII.GetBytes(text, response.BodyWriter);

    /// <summary>False when nothing came for as long as a silence may be.</summary>
    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(SignOfLife, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await tail.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
