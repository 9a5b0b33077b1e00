namespace Hub.Server.Storage.Telemetry;

/// <summary>Saves the log's index once a minute.</summary>
internal sealed partial class TelemetryMaintenance(SqliteMessageLog log, TimeProvider time, ILogger<TelemetryMaintenance> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Maintain(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Maintain(CancellationToken cancellationToken)
    {
        try
        {
            log.Maintain(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // What the index lacks is searched block by block meanwhile: nothing that the hub would have to end for.
            Log.NotDone(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Storage + 35, LogLevel.Error, "The index of the telemetry log could not be looked after; the next attempt is in a minute.")]
        public static partial void NotDone(ILogger logger, Exception exception);
    }
}
