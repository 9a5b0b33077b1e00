using Hub.Portal.Messages;
using Hub.Portal.Streaming;
using Hub.Shared.Live;
using Hub.Shared.Messages;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Portal.Live;

/// <summary>
/// Carries the hub's stream into a <see cref="LiveState"/> until it is cancelled. After a lost connection it goes on after the last
/// message that came; when that is too long ago it begins now, and a row says what is missing.
/// </summary>
public sealed partial class LiveReader(ILiveConnection connection, LiveState state, TimeProvider clock, ILogger<LiveReader> logger)
{
    /// <summary>Longer than this is read in the history instead: an operator who comes back wants to see now.</summary>
    public static readonly TimeSpan CatchUp = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Streams from after these places, or from now.</summary>
    public async Task RunAsync(LiveFilter filter, IReadOnlyDictionary<int, long>? after, CancellationToken cancellationToken)
    {
        state.SetStatus(LiveStatus.Connecting);
        DateTimeOffset? lostAt = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await UntilConnectedAsync(cancellationToken);
                if (lostAt is { } lost)
                    after = GoOnAfter(lost, after);
                await ReadAsync(filter, after, () => lostAt = null, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (HubException refused) when (connection.State == LiveConnectionState.Live)
            {
                Log.Refused(logger, refused.Message);
                state.SetStatus(LiveStatus.Failed, refused.Message);
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

    private async Task ReadAsync(LiveFilter filter, IReadOnlyDictionary<int, long>? after, Action came, CancellationToken cancellationToken)
    {
        var batches = connection.StreamAsync<LiveBatch<TelemetryItem>>(
            nameof(ILiveHub.StreamTelemetry), filter.ToTelemetryFilter(after), cancellationToken);
        state.SetStatus(LiveStatus.Live);
        await foreach (var batch in batches)
        {
            came();
            state.Append(batch);
        }
    }

    private Dictionary<int, long>? GoOnAfter(DateTimeOffset lost, IReadOnlyDictionary<int, long>? began)
    {
        if (clock.GetUtcNow() - lost <= CatchUp && (state.Positions.Count > 0 || began is not null))
        {
            var after = new Dictionary<int, long>(began ?? new Dictionary<int, long>());
            foreach (var (partition, sequenceNumber) in state.Positions)
                after[partition] = sequenceNumber;
            return after;
        }

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
