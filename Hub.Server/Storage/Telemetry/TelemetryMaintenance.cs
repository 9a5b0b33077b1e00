namespace Hub.Server.Storage.Telemetry;

/// <summary>Saves the log's index once a minute.</summary>
internal sealed class TelemetryMaintenance(SqliteMessageLog log, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), time);
        do
        {
            log.Maintain(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
