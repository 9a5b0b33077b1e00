using Hub.Cli.Common;
using Xunit;

namespace Hub.Tests.Cli;

public sealed class CommandLineTests
{
    private const string ConnectionString = "HostName=localhost;SharedAccessKeyName=iothubowner;SharedAccessKey=MDEyMzQ1Njc4OWFiY2RlZg==";

    [Theory]
    [InlineData("--connections", "load", "--broker", "--connections", "0")]
    [InlineData("--qos", "load", "--broker", "--qos", "2")]
    [InlineData("abc", "load", "--broker", "--duration", "abc")]
    [InlineData("--allow-remote", "load", "--broker", "--url", "mqtt://example.org")]
    [InlineData("--url", "load", "--broker", "--url", "http://127.0.0.1")]
    [InlineData("--rate", "load", "--broker", "--rate", "-1")]
    [InlineData("SharedAccessKey", "devices", "list", "-c", "nonsense")]
    [InlineData("A device id has", "devices", "create", "a/b", "-c", ConnectionString)]
    [InlineData("--limit", "devices", "list", "--limit", "0", "-c", ConnectionString)]
    [InlineData("--from-sequence", "monitor", "--from-sequence", "x:y", "-c", ConnectionString)]
    [InlineData("--since is how long ago", "monitor", "--since", "03/04/2026", "-c", ConnectionString)]
    [InlineData("lies in the future", "monitor", "--since", "2999-01-01", "-c", ConnectionString)]
    [InlineData("--property", "monitor", "--property", "novalue", "-c", ConnectionString)]
    [InlineData("--devices", "simulate", "--devices", "0", "-c", ConnectionString)]
    [InlineData("nothing", "nothing")]
    public async Task RunAsync_WrongUsage_NamesItAndExitsWithTwo(string named, params string[] args)
    {
        var (code, _, error) = await CommandLine.RunAsync(args);

        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_NobodyListens_SaysSoInOneLineAndExitsWithOne()
    {
        var (code, _, error) = await CommandLine.RunAsync("load", "--broker", "--url", "mqtt://127.0.0.1:1", "--connections", "1");

        Assert.Equal(1, code);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains("127.0.0.1:1", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("10s", 10)]
    [InlineData("1.5m", 90)]
    [InlineData("24h", 86_400)]
    public void TryParse_Time_IsRead(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.TryParse(text));

    [Theory]
    [InlineData("10")]
    [InlineData("-1s")]
    [InlineData("25h")]
    [InlineData("")]
    public void TryParse_NoTime_IsNull(string text) => Assert.Null(Durations.TryParse(text));
}
