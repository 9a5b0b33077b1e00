using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Hub.Shared.Api;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace Hub.Cli.Monitor;

/// <summary>
/// The live hub's stream, kept up over lost connections: after a break it goes on behind the last message seen of each partition,
/// so that nothing is shown twice and nothing that is still stored is missed. The first connection has to come about; later ones
/// are tried until they do.
/// </summary>
/// <param name="access">How the hub is reached.</param>
/// <param name="clock">The time.</param>
/// <param name="note">Says something beside the messages.</param>
/// <param name="begin">Called once, when the first connection holds.</param>
internal sealed class TelemetryStream(
    HubAccess access, TimeProvider clock, Action<string> note, Func<HubApi, CancellationToken, Task> begin)
    : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Twice what the hub lets pass at most between two signs of life, and some more for a busy machine.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly HttpClient _client = access.CreateClient(clock);

    public async IAsyncEnumerable<LiveBatch<TelemetryItem>> ReadAsync(
        TelemetryFilter filter, TelemetryStart start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var api = new HubApi(_client);
        var place = new TelemetryPlace(api, filter.Partition, start);
        var pause = FirstPause;
        DateTimeOffset? lostAt = null;
        string? said = null;
        for (var first = true; ; first = false)
        {
            await using var connection = Connect();
            string? broken = null;
            IAsyncEnumerator<LiveBatch<TelemetryItem>>? batches = null;
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                await connection.StartAsync(cancellationToken);
                var reset = await place.FindAsync(cancellationToken);
                if (first)
                    await begin(api, cancellationToken);
                var asked = filter with { From = first ? place.StartToJson() : place.ToJson() };
                batches = connection.StreamAsync<LiveBatch<TelemetryItem>>(nameof(ILiveHub.StreamTelemetry), asked, ending.Token).GetAsyncEnumerator(CancellationToken.None);
                if (lostAt is { } since)
                    note(Back(clock.GetUtcNow() - since, reset));
            }
            catch (Exception e) when (IsBreak(e, cancellationToken))
            {
                broken = e is CommandException ? e.Message : access.Explain(e);
                if (first)
                    throw new CommandException(broken, e);
            }

            while (batches is not null && broken is null)
            {
                LiveBatch<TelemetryItem>? batch = null;
                try
                {
                    if (await batches.MoveNextAsync().AsTask().WaitAsync(Silence, clock, cancellationToken))
                        batch = batches.Current;
                    else
                        broken = "the hub ended the stream";
                }
                catch (HubException e)
                {
                    throw new CommandException("The hub refuses the filter: " + LiveRefusal.SentenceOf(e.Message), e);
                }
                catch (TimeoutException)
                {
                    broken = "the hub is silent";
                }
                catch (Exception e) when (IsBreak(e, cancellationToken))
                {
                    broken = e.Message.TrimEnd('.');
                }

                if (batch is null)
                    continue;
                pause = FirstPause;
                (lostAt, said) = (null, null);
                place.Pass(batch.Items);
                yield return batch;
            }

            // Ends the stream, and with it a read that still waits, which may be disposed of only then.
            await ending.CancelAsync();
            if (broken != said)
                note($"{clock.GetUtcNow():HH:mm:ss} {(said is null ? "connection lost" : "not back yet")} ({broken?.TrimEnd('.')}); trying again until the hub is there");
            said = broken;
            lostAt ??= clock.GetUtcNow();
            await connection.StopAsync(CancellationToken.None);
            await Task.Delay(pause, clock, cancellationToken);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>What the client and the API throw when a connection does not come about or ends; the end of the command is none.</summary>
    private static bool IsBreak(Exception fault, CancellationToken ended) => !ended.IsCancellationRequested
        && fault is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or WebSocketException
            or TransportFailedException or NoTransportSupportedException or AggregateException or CommandException or TimeoutException;

    private string Back(TimeSpan away, IReadOnlyList<int> reset)
    {
        var text = $"{clock.GetUtcNow():HH:mm:ss} connected again after {away.TotalSeconds:0} s; ";
        return reset.Count == 0
            ? text + "what came meanwhile follows, behind the last message seen of each partition"
            : text + $"the log of partition {string.Join(", ", reset)} began anew: all it holds follows, what was in the old one is missed";
    }

    private HubConnection Connect() => new HubConnectionBuilder()
        .WithUrl(new Uri(access.Api, ApiRoutes.LiveHub), options =>
        {
            options.AccessTokenProvider = () => Task.FromResult<string?>(access.Token(clock));
            options.HttpMessageHandlerFactory = _ => access.CreateTransport();
            options.WebSocketConfiguration = socket =>
                socket.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => access.Trust.Accepts(certificate, chain, errors);
        })
        .Build();
}
