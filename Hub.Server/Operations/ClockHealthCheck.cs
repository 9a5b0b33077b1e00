using System.Globalization;
using Hub.Server.Messaging.DeviceToCloud;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Whether the machine's clock can be believed: tokens, times to live and retention are judged by it. There is nobody to ask for the
/// right time, so what tells is a clock that stands before the newest stored message, as on a machine that lost its time, and one that
/// jumped while the hub ran. It degrades only, for messages flow on. Singleton; safe from any thread.
/// </summary>
internal sealed class ClockHealthCheck(IMessageLog log, TimeProvider time) : IHealthCheck
{
    public const string Name = "clock";

    /// <summary>What clocks of well-kept machines differ and are corrected by.</summary>
    internal static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>How long it is told that the clock was set.</summary>
    internal static readonly TimeSpan ToldFor = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private DateTimeOffset _date = time.GetUtcNow();
    private long _timestamp = time.GetTimestamp();
    private long _setAt;
    private string? _set;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult((FindBehind() ?? FindSet()) is { } fault ? HealthCheckResult.Degraded(fault) : HealthCheckResult.Healthy());

    private string? FindBehind()
    {
        var behind = log.Partitions.Max(partition => partition.LastEnqueuedTime) - time.GetUtcNow();
        return behind > Tolerance
            ? $"The clock of this machine is {Told(behind.Value)} behind the newest stored message. Set it right: tokens and times to live are judged by it."
            : null;
    }

    private string? FindSet()
    {
        lock (_lock)
        {
            var (date, timestamp) = (time.GetUtcNow(), time.GetTimestamp());
            var by = date - _date - time.GetElapsedTime(_timestamp, timestamp);
            (_date, _timestamp) = (date, timestamp);
            if (by.Duration() > Tolerance)
            {
                _setAt = timestamp;
                _set = $"The clock of this machine has jumped {(by < TimeSpan.Zero ? "back" : "forward")} by {Told(by.Duration())}: it was set, or the machine slept. "
                    + "Tokens, times to live and retention are judged by it.";
            }

            if (_set is not null && time.GetElapsedTime(_setAt, timestamp) > ToldFor)
                _set = null;
            return _set;
        }
    }

    private static string Told(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} hours"),
        { TotalSeconds: >= 90 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} seconds"),
    };
}
