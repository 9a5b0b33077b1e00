using Hub.Portal.Messages;
using Hub.Portal.Streaming;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Portal.Live;

/// <summary>
/// Carries the hub's stream into a <see cref="LiveState"/> until it is cancelled. After a lost connection it goes on where
/// the hub said it was; when that is too long ago it begins now, and a row says what is missing.
/// </summary>
public sealed partial class LiveReader(ILiveConnection connection, LiveState state, TimeProvider clock, ILogger<LiveReader> logger)
{
    /// <summary>Longer than this is read in the history instead: an operator who comes back wants to see now.</summary>
    public static readonly TimeSpan CatchUp = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Streams from these sequence numbers by partition, or from now.</summary>
    public async Task RunAsync(LiveFilter filter, IReadOnlyDictionary<string, string>? from, CancellationToken cancellationToken)
    {
        state.SetStatus(LiveStatus.Connecting);
        DateTimeOffset? lostAt = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await UntilConnectedAsync(cancellationToken);
                if (lostAt is { } lost)
                    from = GoOnFrom(lost, from);
                await ReadAsync(filter, from, () => lostAt = null, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (HubException refused) when (connection.State == LiveConnectionState.Live)
            {
                var sentence = LiveRefusal.SentenceOf(refused.Message);
                Log.Refused(logger, sentence);
                state.SetStatus(LiveStatus.Failed, sentence);
                return;
            }
            catch (Exception failure)
            {
                // However the connection broke, the mend is the same: wait until it stands, and go on.
                Log.Lost(logger, failure.GetType().Name);
            }

            lostAt ??= clock.GetUtcNow();
            state.SetStatus(LiveStatus.Reconnecting);
            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(LiveFilter filter, IReadOnlyDictionary<string, string>? from, Action came, CancellationToken cancellationToken)
    {
        var batches = connection.StreamAsync<LiveBatch<TelemetryItem>>(
            nameof(ILiveHub.StreamTelemetry), filter.ToTelemetryFilter(from), cancellationToken);
        state.SetStatus(LiveStatus.Live);
        await foreach (var batch in batches)
        {
            came();
            state.Append(batch);
        }
    }

    private IReadOnlyDictionary<string, string>? GoOnFrom(DateTimeOffset lost, IReadOnlyDictionary<string, string>? began)
    {
        if (clock.GetUtcNow() - lost <= CatchUp && (state.Next ?? began) is { } next)
            return next;
        state.AddGap(MessageGapReason.Disconnected, 0, clock.GetUtcNow());
        return null;
    }

    private async Task UntilConnectedAsync(CancellationToken cancellationToken)
    {
        if (connection.State == LiveConnectionState.Live)
            return;
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnStateChanged()
        {
            if (connection.State == LiveConnectionState.Live)
                connected.TrySetResult();
        }

        connection.StateChanged += OnStateChanged;
        try
        {
            OnStateChanged();
            await connected.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            connection.StateChanged -= OnStateChanged;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Information, "The live stream ended: {Reason}")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(11, LogLevel.Warning, "The hub refused the live stream: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
