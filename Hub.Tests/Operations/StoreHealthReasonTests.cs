using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class StoreHealthReasonTests
{
    [Fact]
    public async Task Check_IdleLogCannotBeWritten_SaysTheLogsOwnSentence()
    {
        var (log, time) = (new InMemoryMessageLog { Fault = MessageLogFault.InputOutput }, new FakeTimeProvider());
        using var check = new StoreHealthCheck(new IngestGate(time), log, time);

        var result = await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);

        Assert.Equal((HealthStatus.Unhealthy, "The log cannot be written, says the test."), (result.Status, result.Description));
    }
}
