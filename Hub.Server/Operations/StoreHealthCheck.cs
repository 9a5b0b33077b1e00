using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hub.Server.Operations;

/// <summary>
/// Whether messages can be stored. Under load the gate knows, since every failing commit closes it; while nothing comes, a small write
/// now and then tells whether the disk would take a message. Singleton; safe from any thread.
/// </summary>
internal sealed class StoreHealthCheck(IngestGate gate, IMessageLog log, TimeProvider time) : IHealthCheck, IDisposable
{
    public const string Name = "store";

    /// <summary>How long what was learned is believed.</summary>
    internal static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _probing = new(1);
    private long _lastGood;
    private long _storedThen = -1;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (gate.Closure is { } closure)
            return HealthCheckResult.Unhealthy(closure.Reason);
        await _probing.WaitAsync(cancellationToken);
        try
        {
            return await FindFaultAsync(cancellationToken) is { } fault ? HealthCheckResult.Unhealthy(fault) : HealthCheckResult.Healthy();
        }
        finally
        {
            _probing.Release();
        }
    }

    public void Dispose() => _probing.Dispose();

    /// <summary>Why the disk would not take a message; null when it would.</summary>
    private async ValueTask<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        var stored = log.Partitions.Sum(partition => partition.LastSequenceNumber);
        var isFresh = _lastGood != 0 && (stored != _storedThen || time.GetElapsedTime(_lastGood) < ProbeInterval);
        if (!isFresh && await log.ProbeAsync(cancellationToken) is { } fault)
            return fault;
        if (!isFresh || stored != _storedThen)
            (_lastGood, _storedThen) = (time.GetTimestamp(), stored);
        return null;
    }
}
