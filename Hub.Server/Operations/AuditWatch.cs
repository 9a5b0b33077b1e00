using Hub.Server.Security;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Looks at the start and once a day whether the newest entries of the audit log are as they were written. A fault degrades the health
/// check and is logged; it closes nothing, for the hub's work does not depend on it.
/// </summary>
internal sealed partial class AuditWatch(IAuditLog audit, TimeProvider time, ILogger<AuditWatch> logger) : BackgroundService, IHealthCheck
{
    public const string Name = "audit";
    public const int Entries = 10_000;
    public static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    private volatile string? _fault;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_fault is { } fault ? HealthCheckResult.Degraded(fault) : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
            await LookAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var broken = await audit.FindBrokenAsync(Entries, cancellationToken);
            _fault = broken is null ? null : $"Entry {broken} of the audit log is missing or was changed past the hub.";
            if (broken is not null)
                Log.Broken(logger, broken.Value);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _fault = "The audit log could not be read.";
            Log.NotRead(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Operations + 40, LogLevel.Critical, "Entry {Id} of the audit log is missing or was changed past the hub; compare with a backup.")]
        public static partial void Broken(ILogger logger, long id);

        [LoggerMessage(EventIds.Operations + 41, LogLevel.Error, "The audit log could not be read to check it.")]
        public static partial void NotRead(ILogger logger, Exception exception);
    }
}
