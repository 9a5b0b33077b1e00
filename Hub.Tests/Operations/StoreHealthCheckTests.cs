using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class StoreHealthCheckTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryMessageLog _log = new();
    private readonly StoreHealthCheck _check;

    public StoreHealthCheckTests() => _check = new StoreHealthCheck(new IngestGate(_time), _log, _time);

    public void Dispose() => _check.Dispose();

    [Fact]
    public async Task Check_IdleDiskThatFailsLater_IsNoticedAndItsReturnToo()
    {
        Assert.Equal(HealthStatus.Healthy, await CheckAsync());
        _log.Fault = MessageLogFault.InputOutput;
        Assert.Equal(HealthStatus.Healthy, await CheckAsync());

        _time.Advance(StoreHealthCheck.ProbeInterval);
        Assert.Equal(HealthStatus.Unhealthy, await CheckAsync());

        _log.Fault = null;
        Assert.Equal(HealthStatus.Healthy, await CheckAsync());
    }

    [Fact]
    public async Task Check_MessagesCome_NothingMoreIsWritten()
    {
        await CheckAsync();
        await _log.AppendAsync([LogSamples.Append(LogSamples.Sender("d1"), _log.PartitionCount, LogSamples.Start, LogSamples.Message("21"))], CancellationToken.None);
        _time.Advance(StoreHealthCheck.ProbeInterval * 2);
        var probes = _log.Probes;

        Assert.Equal(HealthStatus.Healthy, await CheckAsync());

        Assert.Equal(probes, _log.Probes);
    }

    private async Task<HealthStatus> CheckAsync() => (await _check.CheckHealthAsync(new HealthCheckContext(), CancellationToken.None)).Status;
}
