using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class AuditWatchTests
{
    [Fact]
    public async Task CheckHealth_EntryChanged_IsDegradedFromTheNextLookOn()
    {
        var (audit, time) = (new InMemoryAuditLog(), new FakeTimeProvider());
        using var watch = new AuditWatch(audit, time, NullLogger<AuditWatch>.Instance);
        await watch.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, (await LookAsync()).Status);

        audit.Broken = 7;
        await Eventually.TrueAsync(async () =>
        {
            time.Advance(AuditWatch.Interval);
            return (await LookAsync()).Status == HealthStatus.Degraded;
        });

        Assert.Contains("7", (await LookAsync()).Description, StringComparison.Ordinal);
        await watch.StopAsync(TestContext.Current.CancellationToken);

        Task<HealthCheckResult> LookAsync() => watch.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
    }
}
