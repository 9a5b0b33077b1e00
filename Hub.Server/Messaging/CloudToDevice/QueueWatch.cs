using System.Diagnostics.Metrics;
using Hub.Shared.Operations;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Reads once a second how the queues stand, for the overview and for the gauges; whoever asks gets what was read last, so that many who
/// watch cost no more than one. Singleton.
/// </summary>
internal sealed partial class QueueWatch : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly QueuesOverview Nothing =
        new() { Enqueued = 0, Invisible = 0, CompletedInDay = 0, DeadLetteredInDay = new Dictionary<Shared.CloudToDevice.DeadLetterReason, long>(), DeadLetters = 0 };

    private readonly IDeviceBoundFigures _figures;
    private readonly TimeProvider _time;
    private readonly ILogger<QueueWatch> _logger;
    private volatile QueueFigures _last = new(Nothing, 0);

    public QueueWatch(IDeviceBoundFigures figures, IMeterFactory meters, TimeProvider time, ILogger<QueueWatch> logger)
    {
        (_figures, _time, _logger) = (figures, time, logger);
        var meter = meters.Create(CloudToDeviceMetrics.MeterName);
        meter.CreateObservableGauge("hub.c2d.queue.enqueued", () => _last.Overview.Enqueued, "{message}", "Messages that wait in their queues.");
        meter.CreateObservableGauge("hub.c2d.queue.invisible", () => _last.Overview.Invisible, "{message}", "Messages that are with their devices, and not settled yet.");
        meter.CreateObservableGauge("hub.c2d.queue.max_depth", () => _last.MaxDepth, "{message}", "Messages in the fullest queue.");
        meter.CreateObservableGauge("hub.c2d.queue.oldest_age", OldestAge, "s", "For how long the oldest message in a queue has been there.");
        meter.CreateObservableGauge("hub.c2d.dead_letters", () => _last.Overview.DeadLetters, "{message}", "Dead letters that are kept and were not sent again.");
    }

    /// <summary>How the queues stood when they were last read.</summary>
    public QueuesOverview Current => _last.Overview;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                _last = await _figures.ReadAsync(_time.GetUtcNow(), stoppingToken);
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
            {
                // The figures stay as they were; they are for display, and the next turn reads them again.
                Log.NotRead(_logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private double OldestAge() => _last.Overview.Oldest is { } oldest ? Math.Max(0, (_time.GetUtcNow() - oldest.EnqueuedTime).TotalSeconds) : 0;

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 9, LogLevel.Warning, "The figures of the queues could not be read; they stay as they were.")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
