using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Logs what health checks say when it changes, and now and then while it is bad: they are asked every few seconds, and by whoever
/// watches over the process, and a line for each answer would bury all others. One, of the <see cref="OverviewCollector"/>, on whose
/// task it is used.
/// </summary>
internal sealed partial class HealthLog(TimeProvider time, ILogger<HealthLog> logger)
{
    /// <summary>The category under which the framework logs every answer.</summary>
    public const string FrameworkCategory = "Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService";

    /// <summary>After how long a check that fails is told again.</summary>
    internal static readonly TimeSpan Reminder = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (HealthStatus Status, long ToldAt)> _told = new(StringComparer.Ordinal);

    public void Note(HealthReport report)
    {
        foreach (var (name, entry) in report.Entries)
        {
            var (status, toldAt) = _told.GetValueOrDefault(name, (HealthStatus.Healthy, 0));
            if (entry.Status == status && (status == HealthStatus.Healthy || time.GetElapsedTime(toldAt) < Reminder))
                continue;
            _told[name] = (entry.Status, time.GetTimestamp());
            switch (entry.Status)
            {
                case HealthStatus.Healthy:
                    Log.Healthy(logger, name);
                    break;
                case HealthStatus.Degraded:
                    Log.Degraded(logger, name, entry.Description, entry.Exception);
                    break;
                default:
                    Log.Unhealthy(logger, name, entry.Description, entry.Exception);
                    break;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Operations + 2, LogLevel.Information, "Health check {Check} is well again.")]
        public static partial void Healthy(ILogger logger, string check);

        [LoggerMessage(EventIds.Operations + 3, LogLevel.Warning, "Health check {Check} is degraded: {Reason}")]
        public static partial void Degraded(ILogger logger, string check, string? reason, Exception? exception);

        [LoggerMessage(EventIds.Operations + 4, LogLevel.Error, "Health check {Check} fails: {Reason}")]
        public static partial void Unhealthy(ILogger logger, string check, string? reason, Exception? exception);
    }
}
