using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Cli.Monitor;

/// <summary>
/// The live hub's stream, kept up over lost connections: after a break it goes on behind the last message seen of each partition,
/// so that nothing is shown twice and nothing that is still stored is missed.
/// </summary>
internal sealed class TelemetryStream(HubAccess access, TimeProvider clock, Action<string> note)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public async IAsyncEnumerable<LiveBatch<TelemetryItem>> ReadAsync(
        TelemetryFilter filter, Dictionary<int, long> seen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        var connectedOnce = false;
        while (true)
        {
            await using var connection = new HubConnectionBuilder()
                .WithUrl(new Uri(access.Api, ApiRoutes.LiveHub), o => o.AccessTokenProvider = () => Task.FromResult<string?>(access.Token(clock)))
                .Build();
            string? broken = null;
            IAsyncEnumerator<LiveBatch<TelemetryItem>>? batches = null;
            try
            {
                await connection.StartAsync(cancellationToken);
                var asked = filter with { From = seen.Count == 0 ? null : FromOf(seen) };
                batches = connection.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), asked, cancellationToken).GetAsyncEnumerator(cancellationToken);
                if (connectedOnce)
                    note("connected again");
                connectedOnce = true;
            }
            catch (Exception e) when (connectedOnce && e is HttpRequestException or IOException)
            {
                broken = e.Message;
            }

            while (batches is not null && broken is null)
            {
                LiveBatch<TelemetryItem>? batch = null;
                try
                {
                    if (await batches.MoveNextAsync())
                        batch = batches.Current;
                    else
                        broken = "the hub ended the stream";
                }
                catch (HubException e)
                {
                    throw new CommandException(e.Message, e);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is IOException or OperationCanceledException or InvalidOperationException or System.Net.WebSockets.WebSocketException)
                {
                    broken = e.Message;
                }

                if (batch is null)
                    continue;
                pause = FirstPause;
                foreach (var item in batch.Items)
                    seen[item.Partition] = item.SequenceNumber;
                yield return batch;
            }

            if (batches is not null)
                await batches.DisposeAsync();
            note($"connection lost ({broken}); trying again in {pause.TotalSeconds:0.#} s");
            await Task.Delay(pause, clock, cancellationToken);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private static JsonElement FromOf(Dictionary<int, long> seen) => JsonSerializer.SerializeToElement(seen.ToDictionary(
        p => p.Key.ToString(CultureInfo.InvariantCulture), p => p.Value.ToString(CultureInfo.InvariantCulture)));
}
