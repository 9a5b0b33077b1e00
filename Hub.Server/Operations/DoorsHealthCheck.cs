using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>Whether every configured door is open.</summary>
internal sealed class DoorsHealthCheck(DoorReport doors) : IHealthCheck
{
    public const string Name = "doors";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var closed = doors.Closed();
        return Task.FromResult(closed.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"Not open: {string.Join(", ", closed)}; the log says why."));
    }
}
