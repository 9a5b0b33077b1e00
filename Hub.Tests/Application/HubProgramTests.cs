using Hub.Server;
using Hub.Shared.Security;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Application;

/// <summary>What the server program prints when it is asked for something else than to run.</summary>
public sealed class HubProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("connection-string", "--help")]
    [InlineData("--Hub:HostName=hub.lab", "--help")]
    public async Task RunAsync_Help_PrintsItAndStartsNothing(params string[] args)
    {
        var (code, output, errors) = await RunAsync(args);

        Assert.Equal((0, ""), (code, errors));
        Assert.All(
            (string[])["connection-string", "--Hub:KEY=VALUE", "Hub__KEY", "--Hub:DataDirectory", "docs/configuration.md"],
            word => Assert.Contains(word, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    public async Task RunAsync_Version_PrintsItAlone(string word)
    {
        var (code, output, _) = await RunAsync(word);

        Assert.Equal(0, code);
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\s*$", output);
    }

    [Fact]
    public async Task ConnectionString_BesideAHubWithItsOwnSettings_NeedsTheDirectoryOnly()
    {
        await using var hub = await HubFixture.StartAsync("--Hub:HostName=hub.lab", "--Hub:Messaging:DeviceToCloud:Partitions=2");

        var (code, output, errors) = await RunAsync("connection-string", $"--Hub:DataDirectory={hub.DataDirectory}");

        Assert.Equal((0, ""), (code, errors));
        Assert.Equal("hub.lab", ServiceConnectionString.TryParse(output.Trim())!.HostName);
        var (_, given, _) = await RunAsync("connection-string", $"--Hub:DataDirectory={hub.DataDirectory}", "--Hub:HostName=other.lab", "--policy", "service");
        Assert.StartsWith("HostName=other.lab;SharedAccessKeyName=service;", given, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionString_HubStopped_PrintsTheNameItLastRanUnder()
    {
        await using var hub = await HubFixture.StartAsync("--Hub:HostName=first.lab", "--Hub:Messaging:DeviceToCloud:Partitions=2");
        await hub.RestartAsync("--Hub:HostName=second.lab");
        await hub.StopAsync();

        var (code, output, _) = await RunAsync("connection-string", $"--Hub:DataDirectory={hub.DataDirectory}");

        Assert.Equal(0, code);
        Assert.StartsWith("HostName=second.lab;SharedAccessKeyName=iothubowner;", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionString_NoHubRanYet_PrintsTheConfiguredName()
    {
        using var folder = new TempFolder();

        var (code, output, errors) = await RunAsync("connection-string", $"--Hub:DataDirectory={folder.At("data")}");
        var again = await RunAsync("connection-string", $"--Hub:DataDirectory={folder.At("data")}");

        Assert.Equal(0, code);
        Assert.StartsWith("HostName=localhost;", output, StringComparison.Ordinal);
        // Whoever stands in another folder than the hub's must not take these for its keys.
        Assert.StartsWith($"There was no hub in {folder.At("data")};", errors, StringComparison.Ordinal);
        Assert.Equal((0, output, ""), again);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await HubProgram.RunAsync(args, output, errors).WaitAsync(Patience, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
