using System.Diagnostics;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>D3: a full disk. On a small volume of its own, which only root can mount.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task D3_DiskFull_RefusesAppendsServesReadsAndResumesWithoutReopening()
    {
        using var folder = new TestFolder();
        var volume = Path.Combine(folder.Path, "volume");
        Directory.CreateDirectory(volume);
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", volume), "A small volume cannot be mounted here.");
        try
        {
            using var log = TelemetryLogs.Open(Path.Combine(volume, "log"));
            var acknowledged = new List<LogAppend>();
            MessageLogException? refusal = null;
            for (var i = 0; i < 1_000 && refusal is null; i++)
            {
                var append = Append(i);
                refusal = await TryAppendAsync(log, append);
                if (refusal is null)
                    acknowledged.Add(append);
                else
                    Assert.Equal(-1, append.FirstSequenceNumber);
            }

            Assert.Equal(MessageLogFault.Full, refusal?.Fault);
            Assert.NotNull(await TryAppendAsync(log, Append(-1)));
            await AssertHoldsAsync(log, acknowledged);

            Assert.True(Run("mount", "-o", "remount,size=64m", volume));
            Assert.Null(await log.ProbeAsync(Token));
            var after = Append(-2);
            Assert.Null(await TryAppendAsync(log, after));
            Assert.Equal(acknowledged.Count, after.FirstSequenceNumber);
            acknowledged.Add(after);
            await AssertHoldsAsync(log, acknowledged);
        }
        finally
        {
            Run("umount", volume);
        }
    }

    private static LogAppend Append(int number) =>
        LogSamples.Append(LogSamples.Sender("d1"), 2, LogSamples.Start, LogSamples.Message(number + new string('x', 50_000)));

    private static async Task<MessageLogException?> TryAppendAsync(SqliteMessageLog log, LogAppend append)
    {
        try
        {
            await log.AppendAsync([append], Token);
            return null;
        }
        catch (MessageLogException exception)
        {
            return exception;
        }
    }

    private static async Task AssertHoldsAsync(SqliteMessageLog log, List<LogAppend> acknowledged)
    {
        var query = new TelemetryQuery { Limit = 1_000, DeviceId = acknowledged[0].Sender.DeviceId };
        var held = await log.QueryAsync(query, Token);
        Assert.Equal(
            acknowledged.Select(append => LogSamples.Show(append.Messages[0])),
            held.Items.Select(message => LogSamples.Show(message.Message)));
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
            if (process!.WaitForExit(TimeSpan.FromSeconds(60)))
                return process.ExitCode == 0;
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within 60 s.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
