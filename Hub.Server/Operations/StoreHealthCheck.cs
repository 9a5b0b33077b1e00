using Hub.Server.Messaging.DeviceToCloud;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Whether messages can be stored: the gate is open, and a first small write has reached the disk. After that the gate knows, since
/// every failing commit closes it.
/// </summary>
internal sealed class StoreHealthCheck(IngestGate gate, IMessageLog log) : IHealthCheck
{
    public const string Name = "store";

    private volatile bool _probed;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (gate.Closure is { } closure)
            return HealthCheckResult.Unhealthy(closure.Reason);
        if (!_probed)
            _probed = await log.ProbeAsync(cancellationToken);
        return _probed ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The store cannot be written; the log says why.");
    }
}
