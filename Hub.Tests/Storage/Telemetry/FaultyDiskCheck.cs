using System.Globalization;
using System.Text;
using Hub.Server.Storage;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>
/// R4: what is acknowledged while the disk fails is what is stored. To be run with faults injected from outside, such as
/// <c>strace -f --seccomp-bpf -e trace=fsync -e inject=fsync:error=EIO:when=20+7 Hub.Tests -class *FaultyDiskCheck -explicit only</c>;
/// without faults it proves little, hence explicit.
/// </summary>
public sealed class FaultyDiskCheck
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task R4_FaultsOfTheDisk_AcknowledgedIsStoredAndNothingElse()
    {
        using var folder = new TestFolder();
        var (acknowledged, refused) = (new List<int>(), 0);
        var expected = 0L;
        using (var log = TelemetryLogs.Open(folder.Path, partitions: 1))
        {
            for (var i = 0; i < 500; i++)
            {
                var append = LogSamples.Append(LogSamples.Sender("d1"), 1, LogSamples.Start, LogSamples.Message(i.ToString(CultureInfo.InvariantCulture)));
                try
                {
                    await log.AppendAsync([append], Token);
                    Assert.Equal(expected++, append.FirstSequenceNumber);
                    acknowledged.Add(i);
                }
                catch (MessageLogException)
                {
                    refused++;
                    await log.ProbeAsync(Token);
                }
            }

            Assert.Equal(acknowledged, await ReadAsync(log));
        }

        using var again = Reopen(folder.Path);
        Assert.Equal(acknowledged, await ReadAsync(again));
        TestContext.Current.TestOutputHelper!.WriteLine($"{acknowledged.Count} acknowledged, {refused} refused.");
    }

    /// <summary>The faults hit the start too, which then says so and stops; an operator would start it again.</summary>
    private static SqliteMessageLog Reopen(string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return TelemetryLogs.Open(path, partitions: 1);
            }
            catch (StorageUnusableException) when (attempt < 20)
            {
                // Tried again at once: the injected faults pass.
            }
        }
    }

    private static async Task<List<int>> ReadAsync(SqliteMessageLog log)
    {
        var read = new List<int>();
        await foreach (var chunk in log.ReadAsync(0, 0, Token))
            read.AddRange(chunk.Select(message => int.Parse(Encoding.UTF8.GetString(message.Message.Body.Span), CultureInfo.InvariantCulture)));
        return read;
    }
}
