using System.Text.Json;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Cli;

/// <summary>The live tail.</summary>
public sealed partial class HubCommandTests
{
    [Fact]
    public async Task Monitor_Filters_PrintWhatPasses()
    {
        await SendAsync("other", "{\"n\":0}");
        await SendAsync("wanted", "{\"n\":1}");
        await SendAsync("wanted", "{\"n\":2,\"alarm\":true}");
        // From the very beginning: what is stored is shown at once, and nothing depends on when the tail began.
        string[] all = [.. Enumerable.Range(0, 4).SelectMany(p => (string[])["--from-sequence", $"{p}:0"])];

        var (code, json, notes) = await CommandLine.RunAsync(["monitor", "--device", "wanted", "--contains", "ALARM", "--limit", "1", "--output", "json", .. all, .. Access]);
        Assert.Equal(0, code);
        var item = JsonDocument.Parse(json).RootElement;
        Assert.Equal(("wanted", 2), (item.GetProperty("deviceId").GetString(), item.GetProperty("body").GetProperty("n").GetInt32()));
        Assert.Contains("1 shown", notes, StringComparison.Ordinal);

        var (_, table, _) = await CommandLine.RunAsync(["monitor", "--property", "room=1", "--limit", "3", .. all, .. Access]);
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Single(lines, line => line.EndsWith("[room=1] {\"n\":1}", StringComparison.Ordinal) && line.Contains(" wanted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Monitor_Since_BeginsWithWhatIsStoredFromThenOn()
    {
        await SendAsync("d", "early");
        var early = (await Hub.StoredAsync("d"))[^1].EnqueuedTime;
        // Until the hub's clock has moved on.
        var late = early;
        await Eventually.TrueAsync(async () =>
        {
            await SendAsync("d", "late");
            return (late = (await Hub.StoredAsync("d"))[^1].EnqueuedTime) > early;
        });

        var (code, rows, notes) = await CommandLine.RunAsync(["monitor", "--since", late.ToString("O"), "--limit", "1", .. Access]);
        var (_, all, _) = await CommandLine.RunAsync(["monitor", "--since", "10m", "--limit", "2", .. Access]);

        Assert.Equal(0, code);
        Assert.EndsWith(" late\n", rows, StringComparison.Ordinal);
        Assert.Contains($"from {late:yyyy-MM-dd HH:mm:ss} UTC on", notes, StringComparison.Ordinal);
        Assert.Equal(["early", "late"], all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1]));
    }

    [Fact]
    public async Task Monitor_SinceATimeWithoutMessages_ShowsWhatComesNext()
    {
        await SendAsync("d", "old");
        var old = (await Hub.StoredAsync("d"))[^1].EnqueuedTime;
        await Eventually.TrueAsync(() => Hub.Get<TimeProvider>().GetUtcNow() > old);
        await using var monitor = CommandLine.Start(["monitor", "--since", old.AddTicks(1).ToString("O"), "--limit", "1", .. Access]);
        await Eventually.TrueAsync(() => monitor.Error.Contains("Ctrl+C ends it", StringComparison.Ordinal));

        await SendAsync("d", "next");

        Assert.Equal(0, await monitor.EndAsync());
        Assert.EndsWith(" next", Assert.Single(monitor.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Monitor_NothingComes_SaysWhatItFollowsAndWhoIsUnknown()
    {
        await Hub.AddDeviceAsync("pump-7");
        await using var monitor = CommandLine.Start(["monitor", "--device", "pump-7", "--device", "pump-8", "--contains", "x", .. Access]);

        await Eventually.TrueAsync(() => monitor.Error.Contains("pump-8 is registered", StringComparison.Ordinal));

        Assert.Contains("-- telemetry of pump-7, pump-8, filtered, from now on; Ctrl+C ends it\n", monitor.Error, StringComparison.Ordinal);
        Assert.Contains("-- no device pump-8 is registered", monitor.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no device pump-7", monitor.Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (await monitor.StopAsync(), monitor.Output));
    }

    [Fact]
    public async Task Monitor_HubRestarts_GoesOnWithoutGapOrRepetition()
    {
        await using var relay = new TcpRelay(Hub.Port("http"));
        await SendAsync("d", "before");
        await using var monitor = CommandLine.Start(
            ["monitor", "--device", "d", "--limit", "5", .. Enumerable.Range(0, 4).SelectMany(p => (string[])["--from-sequence", $"{p}:0"]), .. Access[..2], "--api", $"http://127.0.0.1:{relay.Port}"]);
        await Eventually.TrueAsync(() => monitor.Lines.Length == 1);
        await SendAsync("d", "live");
        await Eventually.TrueAsync(() => monitor.Lines.Length == 2);

        relay.Target = null;
        relay.Cut();
        await Eventually.TrueAsync(() => monitor.Error.Contains("connection lost", StringComparison.Ordinal));
        await Hub.RestartAsync();
        await SendAsync("d", "away-1");
        await SendAsync("d", "away-2");
        relay.Target = Hub.Port("http");
        await Eventually.TrueAsync(() => monitor.Lines.Length == 4);
        await SendAsync("d", "again");

        Assert.Equal(0, await monitor.EndAsync());
        Assert.Equal(["before", "live", "away-1", "away-2", "again"], monitor.Lines.Select(line => line.Split(' ')[^1]));
        Assert.Contains("connected again after", monitor.Error, StringComparison.Ordinal);
    }

    private async Task SendAsync(string deviceId, string body)
    {
        var message = TestMessages.Text(body, body[0] == '{' ? "application/json" : null, ("room", "1"));
        var result = await Hub.Get<MessageIngress>().AcceptAsync(TestMessages.Sender(deviceId), [message]);
        Assert.Equal(IngestOutcome.Accepted, result.Outcome);
    }
}
