using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Operations;
using Hub.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Hub.Tests.Operations;

public sealed class ClockHealthCheckTests
{
    private readonly SteppedTime _time = new();
    private readonly InMemoryMessageLog _log = new();

    [Fact]
    public async Task Check_TimePassesAndMessagesCome_IsHealthy()
    {
        var check = new ClockHealthCheck(_log, _time);
        await CommitAsync();
        _time.Pass(TimeSpan.FromDays(3));
        await CommitAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(check)).Status);
    }

    [Theory]
    [InlineData(120, "jumped forward by 2 hours")]
    [InlineData(-3, "jumped back by 3 minutes")]
    [InlineData(-1.2, "jumped back by 72 seconds")]
    [InlineData(400 * 24 * 60, "jumped forward by 400 days")]
    public async Task Check_ClockIsSet_SaysHowForAQuarterOfAnHour(double minutes, string told)
    {
        var check = new ClockHealthCheck(_log, _time);
        _time.SetBy(TimeSpan.FromMinutes(minutes));

        var (status, sentence) = await CheckAsync(check);
        Assert.Equal(HealthStatus.Degraded, status);
        Assert.Contains(told, sentence, StringComparison.Ordinal);

        _time.Pass(TimeSpan.FromMinutes(14));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(check)).Status);
        _time.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(check)).Status);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(-50)]
    public async Task Check_ClockIsCorrectedALittle_IsHealthy(int seconds)
    {
        var check = new ClockHealthCheck(_log, _time);
        await CommitAsync();
        _time.SetBy(TimeSpan.FromSeconds(seconds));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(check)).Status);
    }

    [Fact]
    public async Task Check_ClockStandsBeforeTheNewestMessage_SaysSoUntilItIsSetRight()
    {
        await CommitAsync();
        _time.SetBy(TimeSpan.FromDays(-5));
        var check = new ClockHealthCheck(_log, _time);

        var (status, sentence) = await CheckAsync(check);
        Assert.Equal(HealthStatus.Degraded, status);
        Assert.Contains("5 days behind the newest stored message", sentence, StringComparison.Ordinal);
        _time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(check)).Status);

        _time.SetBy(TimeSpan.FromDays(5));
        Assert.Contains("jumped forward by 5 days", (await CheckAsync(check)).Sentence, StringComparison.Ordinal);
        _time.Pass(ClockHealthCheck.ToldFor + TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(check)).Status);
    }

    private static async Task<(HealthStatus Status, string? Sentence)> CheckAsync(ClockHealthCheck check)
    {
        var result = await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        return (result.Status, result.Description);
    }

    private ValueTask CommitAsync() => _log.AppendAsync(
        [new LogAppend(TestMessages.Sender(), 1, _time.GetUtcNow(), [TestMessages.Text("x")])], TestContext.Current.CancellationToken);
}
