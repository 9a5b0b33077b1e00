using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Messaging.Sessions;
using Hub.Server.Registry;
using Hub.Shared.Operations;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Gathers the hub's figures: once a second the rate of messages, every few seconds what costs more (counting devices, sizes on disk,
/// health). Whoever asks gets what was gathered last, so that many who watch cost no more than one. Singleton.
/// </summary>
internal sealed partial class OverviewCollector(
    IngestMetrics ingest, IMessageLog log, QueueWatch queues, SessionTable sessions, DeviceRefusals refusals, DeviceRegistry registry, StorageFigures storage, HealthCheckService health, HealthLog healthLog,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<OverviewCollector> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int SlowEvery = 5;

    private readonly RateHistory _rates = new();
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private volatile SlowFigures _slow = new(default, new StorageOverview(0, 0, 0, 0), []);

    /// <summary>The figures now.</summary>
    public Overview Current()
    {
        var rates = _rates.ToArray();
        var slow = _slow;
        return new Overview
        {
            Time = time.GetUtcNow(),
            StartedTime = _started,
            Version = HubVersion.Text,
            MessagesPerSecond = rates[^1],
            MessageRates = rates,
            MessagesAccepted = ingest.AcceptedTotal,
            MessagesRejected = ingest.RejectedTotal,
            RejectedByReason = ingest.RejectedByReason.ToDictionary(),
            Refusals = refusals.Total,
            ConnectedDevices = sessions.Count,
            ConnectionsByProtocol = sessions.Links.CountBy(link => link.Protocol).ToDictionary(),
            TotalDevices = slow.Devices.Total,
            DisabledDevices = slow.Devices.Disabled,
            Partitions = [.. log.Partitions.Select(OverviewOf)],
            Queues = queues.Current,
            Storage = slow.Storage,
            Health = slow.Health,
        };
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nothing is accepted before the start, so the first second's rate misses none.
        var (last, lastTime) = (0L, time.GetTimestamp());
        // Before that the doors are not open, and a health check that says so would be noise in every start's log.
        if (!await StartedAsync(stoppingToken))
            return;
        await TryReadSlowAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        for (var tick = 1; await timer.WaitForNextTickAsync(stoppingToken); tick++)
        {
            var (total, now) = (ingest.AcceptedTotal, time.GetTimestamp());
            // A late tick covers more than a second.
            _rates.Add(Math.Round((total - last) / Math.Max(0.001, time.GetElapsedTime(lastTime, now).TotalSeconds), 1));
            (last, lastTime) = (total, now);
            if (tick % SlowEvery == 0)
                await TryReadSlowAsync(stoppingToken);
        }
    }

    /// <summary>Waits for the end of the start; false when it did not come to that.</summary>
    private async Task<bool> StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var start = lifetime.ApplicationStarted.Register(() => started.TrySetResult(true));
        using var stop = stoppingToken.Register(() => started.TrySetResult(false));
        return await started.Task;
    }

    private async ValueTask TryReadSlowAsync(CancellationToken cancellationToken)
    {
        try
        {
            var report = await health.CheckHealthAsync(cancellationToken);
            healthLog.Note(report);
            var checks = report.Entries
                .Select(entry => new HealthCheckOverview(entry.Key, StateOf(entry.Value.Status), entry.Value.Description))
                .OrderBy(check => check.State).ThenBy(check => check.Name, StringComparer.Ordinal);
            _slow = new SlowFigures(await registry.CountAsync(cancellationToken), storage.Read(), [.. checks]);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The figures stay as they were; they are for display, and the next turn reads them again.
            Log.NotRead(logger, exception);
        }
    }

    private static PartitionOverview OverviewOf(PartitionState state) => new()
    {
        Partition = state.Partition,
        FirstSequenceNumber = state.FirstSequenceNumber,
        LastSequenceNumber = state.LastSequenceNumber,
        LastEnqueuedTime = state.LastEnqueuedTime,
    };

    private static HealthState StateOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => HealthState.Healthy,
        HealthStatus.Degraded => HealthState.Degraded,
        _ => HealthState.Unhealthy,
    };

    private sealed record SlowFigures(DeviceCounts Devices, StorageOverview Storage, IReadOnlyList<HealthCheckOverview> Health);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Operations + 1, LogLevel.Warning, "The figures of the overview could not be read; they stay as they were.")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
