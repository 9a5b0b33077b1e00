using System.Diagnostics;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Telemetry;
using Hub.Shared.Messages;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Storage.Telemetry;

/// <summary>
/// Measures the log alone, and prints; it asserts no times. Run the Release build:
/// <c>Hub.Tests -class Hub.Tests.Storage.Telemetry.LogMeasurement -explicit only -showliveoutput</c>.
/// </summary>
public sealed class LogMeasurement
{
    private const int Partitions = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Append()
    {
        await MeasureAppendAsync("1 message a commit", devices: 1, messagesEach: 1, seconds: 3);
        await MeasureAppendAsync("1,000 a commit, each of another device", devices: 1_000, messagesEach: 1, seconds: 6);
        await MeasureAppendAsync("1,000 a commit, ten of each device", devices: 100, messagesEach: 10, seconds: 6);
        await MeasureAppendAsync("8,000 a commit, ten of each device", devices: 800, messagesEach: 10, seconds: 6);
        await MeasureAppendAsync("1,000 a commit, with five properties and a message id each", devices: 1_000, messagesEach: 1, seconds: 6, properties: true);
    }

    [Fact(Explicit = true)]
    public async Task OpenAndQuery()
    {
        using var folder = new TestFolder();
        var senders = Senders(1_000);
        using (var log = TelemetryLogs.Open(folder.Path, Partitions))
        {
            for (var i = 0; i < 1_000; i++)
                await log.AppendAsync(Batch(senders, 1, i, false), Token);
            var clean = Copy(folder.Path);
            MeasureOpen("as after a kill, 1,000,000 messages, index not saved", clean, senders);
            Directory.Delete(clean, recursive: true);
        }

        MeasureOpen("after a clean stop, 1,000,000 messages", folder.Path, senders);
    }

    private static void MeasureOpen(string what, string path, MessageSender[] senders)
    {
        var watch = Stopwatch.StartNew();
        using var log = TelemetryLogs.Open(path, Partitions);
        Print($"open, {what}: {watch.Elapsed.TotalMilliseconds:0.0} ms, {log.SizeInBytes / 1_000_000} MB");
        foreach (var order in new[] { TelemetryOrder.Descending, TelemetryOrder.Ascending })
        {
            MeasureQuery(log, "first page of a device, " + order, new TelemetryQuery { DeviceId = senders[500].DeviceId, Order = order });
            MeasureQuery(log, "first page of all, " + order, new TelemetryQuery { Order = order });
            MeasureQuery(log, "first page of a rare text, " + order, new TelemetryQuery { Order = order, Q = "no such text" });
        }

        watch.Restart();
        log.Maintain(Token);
        Print($"  saving the index: {watch.Elapsed.TotalMilliseconds:0.0} ms");
        MeasureQuery(log, "first page of a device, index saved", new TelemetryQuery { DeviceId = senders[501].DeviceId, Order = TelemetryOrder.Descending });
    }

    private static void MeasureQuery(SqliteMessageLog log, string what, TelemetryQuery query)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var watch = Stopwatch.StartNew();
            var page = log.QueryAsync(query, Token).AsTask().GetAwaiter().GetResult();
            Print($"  {what}, attempt {attempt + 1}: {watch.Elapsed.TotalMilliseconds:0.0} ms, {page.Items.Count} messages");
        }
    }

    private static async Task MeasureAppendAsync(string what, int devices, int messagesEach, int seconds, bool properties = false)
    {
        using var folder = new TestFolder();
        using var log = TelemetryLogs.Open(folder.Path, Partitions);
        var senders = Senders(devices);
        var batches = Enumerable.Range(0, 8).Select(i => Batch(senders, messagesEach, i, properties)).ToArray();
        for (var i = 0; i < 20; i++)
            await log.AppendAsync(batches[i % 8], Token);

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        var commits = 0;
        var slowest = TimeSpan.Zero;
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            var start = Stopwatch.GetTimestamp();
            await log.AppendAsync(batches[commits++ % 8], Token);
            var took = Stopwatch.GetElapsedTime(start);
            slowest = took > slowest ? took : slowest;
        }

        var messages = (double)commits * devices * messagesEach;
        processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Print($"append, {what}: {messages / watch.Elapsed.TotalSeconds:#,0} messages/s, {commits / watch.Elapsed.TotalSeconds:#,0} commits/s, "
            + $"slowest {slowest.TotalMilliseconds:0.0} ms, processor {processor.TotalMicroseconds / messages:0.00} us a message, "
            + $"{allocated / commits:#,0} bytes allocated a commit, {log.SizeInBytes / messages:0} bytes stored a message");
    }

    private static MessageSender[] Senders(int count) => [.. Enumerable.Range(0, count).Select(i => LogSamples.Sender($"device-{i:D6}"))];

    private static LogAppend[] Batch(MessageSender[] senders, int messagesEach, int round, bool properties) =>
        [.. senders.Select((sender, i) => LogSamples.Append(
            sender, Partitions, DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(round),
            [.. Enumerable.Range(0, messagesEach).Select(m => Message($"{round}-{i}-{m}", properties))]))];

    private static Message Message(string id, bool properties)
    {
        var body = new byte[128];
        Array.Fill(body, (byte)'x');
        return new Message
        {
            Body = body,
            SystemProperties = properties
                ? SystemProperties.Create([new(SystemPropertyNames.MessageId, id), new(SystemPropertyNames.ContentType, "application/json")])
                : SystemProperties.Empty,
            Properties = properties
                ? ApplicationProperties.Create([new("a", "1"), new("kind", "reading"), new("line", "7"), new("level", "normal"), new("site", "north")])
                : ApplicationProperties.Empty,
        };
    }

    private static string Copy(string path)
    {
        var copy = Directory.CreateTempSubdirectory("hub-test-").FullName;
        foreach (var file in Directory.EnumerateFiles(path).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
