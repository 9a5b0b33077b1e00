using Hub.Server.Security;
using Hub.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Hub.Tests.Security;

public sealed class AuditRetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExecuteAsync_StoreIsAwayOnce_DropsAtTheNextHour()
    {
        var (audit, time, logged) = (new InMemoryAuditLog { DropFault = new IOException("A planted fault.") }, new FakeTimeProvider(Devices.Epoch), new LogCapture());
        using var loggers = new LoggerFactory([logged]);
        var options = Options.Create(new AuditOptions { Retention = TimeSpan.FromDays(30), MaxEntries = 5_000 });
        using var retention = new AuditRetention(audit, options, time, loggers.CreateLogger<AuditRetention>());
        await retention.StartAsync(Token);
        await Eventually.TrueAsync(() => logged.Of<AuditRetention>().Count == 1);

        audit.DropFault = null;
        time.Advance(AuditRetention.Interval);
        await Eventually.TrueAsync(() => audit.Drops.Count == 2);

        var first = (Devices.Epoch - TimeSpan.FromDays(30), 5_000L);
        Assert.Equal([first, first with { Item1 = first.Item1 + AuditRetention.Interval }], audit.Drops);
        await retention.StopAsync(Token);
    }
}
