using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>Drops what is older than the retention, or more than the log may hold: once at the start, then every minute.</summary>
internal sealed partial class Retention(IMessageLog log, IOptions<DeviceToCloudOptions> options, TimeProvider time, ILogger<Retention> logger)
    : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await DropAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DropAsync(CancellationToken cancellationToken)
    {
        try
        {
            await log.DropExpiredAsync(time.GetUtcNow() - options.Value.Retention, options.Value.RetentionBytes, cancellationToken);
        }
        catch (MessageLogException exception)
        {
            // The next minute tries again; until then the disk guard watches the space.
            Log.NotDropped(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.DeviceToCloud + 40, LogLevel.Warning, "Expired telemetry could not be dropped; the next attempt is in a minute.")]
        public static partial void NotDropped(ILogger logger, Exception exception);
    }
}
