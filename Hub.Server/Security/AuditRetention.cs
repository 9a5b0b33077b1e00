using Microsoft.Extensions.Options;

namespace Hub.Server.Security;

/// <summary>Drops what the audit log need not keep any more: at the start, and once an hour.</summary>
internal sealed partial class AuditRetention(IAuditLog audit, IOptions<AuditOptions> options, TimeProvider time, ILogger<AuditRetention> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
            await DropAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DropAsync(CancellationToken cancellationToken)
    {
        try
        {
            var dropped = await audit.DropAsync(time.GetUtcNow() - options.Value.Retention, options.Value.MaxEntries, cancellationToken);
            if (dropped > 0)
                Log.Dropped(logger, dropped);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The store may be away for a while; the next hour tries again.
            Log.NotDropped(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 32, LogLevel.Information, "Dropped the {Count} oldest entries of the audit log.")]
        public static partial void Dropped(ILogger logger, long count);

        [LoggerMessage(EventIds.Security + 33, LogLevel.Warning, "Old entries of the audit log could not be dropped; the next attempt is in an hour.")]
        public static partial void NotDropped(ILogger logger, Exception exception);
    }
}
