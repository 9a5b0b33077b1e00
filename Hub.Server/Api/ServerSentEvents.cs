using System.Text;
using System.Text.Json;

namespace Hub.Server.Api;

/// <summary>Writes server-sent events into an answer. A client that does not read makes the flush wait.</summary>
internal sealed class ServerSentEvents(HttpResponse response, TimeProvider time)
{
    internal static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);
    private const int FlushBytes = 32 * 1024;
    private static readonly JsonWriterOptions Writing = new() { Encoder = TelemetryEndpoints.Json.Encoder, MaxDepth = TelemetryEndpoints.Json.MaxDepth };

    /// <summary>Whether so much is written that it should leave before more is.</summary>
    public bool ShouldFlush => response.BodyWriter.UnflushedBytes >= FlushBytes;

    /// <summary>Bytes at once, so that the client knows that it is heard from here on.</summary>
    public ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // Asks proxies such as nginx to pass events on at once.
        response.Headers["X-Accel-Buffering"] = "no";
        return CommentAsync("connected", cancellationToken);
    }

    /// <summary>An event with a value as its data; leaves with the next flush.</summary>
    public void Add<T>(T value, string? name = null, string? id = null)
    {
        Text((name is null ? "" : $"event: {name}\n") + (id is null ? "" : $"id: {id}\n") + "data: ");
        using (var json = new Utf8JsonWriter(response.BodyWriter, Writing))
            JsonSerializer.Serialize(json, value, TelemetryEndpoints.Json);
        Text("\n\n");
    }

    /// <summary>Says how many the client was too slow for.</summary>
    public void AddDropped(long count) => Text($"event: dropped\ndata: {{\"dropped\":\"{count}\"}}\n\n");

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await response.BodyWriter.FlushAsync(cancellationToken);

    /// <summary>Waits until there is something to write; meanwhile says now and then that the stream lives.</summary>
    /// <param name="wait">What to wait for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask WaitAsync(Func<CancellationToken, ValueTask<bool>> wait, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(SignOfLife, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            await wait(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await CommentAsync("alive", cancellationToken);
        }
    }

    private async ValueTask CommentAsync(string text, CancellationToken cancellationToken)
    {
        Text($": {text}\n\n");
        await FlushAsync(cancellationToken);
    }

    private void Text(string text) => Encoding.ASCII.GetBytes(text, response.BodyWriter);
}
