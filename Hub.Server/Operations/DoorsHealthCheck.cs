using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Whether every configured door is open, which tells the end of the start: a door that cannot be opened stops it, and none closes before
/// the hub does.
/// </summary>
internal sealed class DoorsHealthCheck(DoorReport doors) : IHealthCheck
{
    public const string Name = "doors";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var closed = doors.NotOpenYet();
        return Task.FromResult(closed.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"Not open yet: {string.Join(", ", closed)}."));
    }
}
