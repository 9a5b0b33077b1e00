using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class HealthLogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogCapture _logged = new();
    private readonly LoggerFactory _loggers;
    private readonly HealthLog _log;

    public HealthLogTests()
    {
        _loggers = new LoggerFactory([_logged]);
        _log = new HealthLog(_time, _loggers.CreateLogger<HealthLog>());
    }

    public void Dispose() => _loggers.Dispose();

    [Fact]
    public void Note_AllIsWellFromTheStart_SaysNothing()
    {
        Note(("store", HealthStatus.Healthy), ("doors", HealthStatus.Healthy));
        Note(("store", HealthStatus.Healthy), ("doors", HealthStatus.Healthy));

        Assert.Empty(_logged.Lines);
    }

    [Fact]
    public void Note_CheckFailsForTenMinutes_IsToldAtOnceThenOnceAMinuteThenItsReturn()
    {
        for (var i = 0; i < 120; i++)
        {
            Note(("store", HealthStatus.Unhealthy), ("doors", HealthStatus.Healthy));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        Note(("store", HealthStatus.Healthy), ("doors", HealthStatus.Healthy));
        Note(("store", HealthStatus.Healthy), ("doors", HealthStatus.Healthy));

        Assert.Equal(10, _logged.Lines.Count(line => line.Level == LogLevel.Error));
        Assert.All(_logged.Lines, line => Assert.Contains("store", line.Text, StringComparison.Ordinal));
        Assert.Equal((11, LogLevel.Information), (_logged.Lines.Count, _logged.Lines.Last().Level));
    }

    [Fact]
    public void Note_FromDegradedToUnhealthyWithinTheMinute_TellsBoth()
    {
        Note(("audit", HealthStatus.Degraded));
        Note(("audit", HealthStatus.Unhealthy));

        Assert.Equal([LogLevel.Warning, LogLevel.Error], _logged.Lines.Select(line => line.Level));
    }

    private void Note(params (string Name, HealthStatus Status)[] checks) => _log.Note(new HealthReport(
        checks.ToDictionary(check => check.Name, check => new HealthReportEntry(check.Status, "why", TimeSpan.Zero, null, null)), TimeSpan.Zero));
}
