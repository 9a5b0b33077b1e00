using System.Globalization;
using Hub.Tests.Support;
using Xunit;

namespace Hub.Tests.Durability;

/// <summary>
/// What a hub did to its disk and told its clients in two lives, the first ended by a kill and the second in good order: the calls in
/// order, and among them what it had acknowledged when.
/// </summary>
/// <param name="Calls">The calls on the disk.</param>
/// <param name="Acknowledgements">Rising by position: from there on a device has this many messages acknowledged.</param>
/// <param name="Devices">Rising by position: from there on a device is known to exist.</param>
/// <param name="Killed">The last position of the first life.</param>
internal sealed record TracedRun(
    IReadOnlyList<TraceEvent> Calls, IReadOnlyList<(int Position, string Device, int Count)> Acknowledgements,
    IReadOnlyList<(int Position, string Device)> Devices, int Killed)
{
    /// <summary>Small segments, so that the run crosses from one to the next a few times.</summary>
    private static readonly string[] Settings = ["--Hub:Messaging:DeviceToCloud:RetentionBytes=8388608"];

    private const int MessagesEachLife = 400;

    public static async Task<TracedRun> RecordAsync(string folder, string data)
    {
        var calls = new List<TraceEvent>();
        // The folder is there before, so that the trace says all about what is in it.
        Directory.CreateDirectory(data);
        var reader = new TraceReader(data);

        var first = Path.Combine(folder, "first.trace");
        var hub = await HubProcess.StartAsync(data, TraceReader.Wrapper(first), Settings);
        HubOwner owner;
        HubWriter[] writers;
        await using (hub)
        {
            owner = await HubOwner.OfAsync(data);
            writers = await CreateWritersAsync(owner, hub);
            var sending = SendAsync(writers, hub, int.MaxValue);
            // Under load the write-ahead log is moved into its file and begun anew when the disk lets it, not after a number of messages.
            var heads = new WriteAheadHeads(Path.Combine(data, "telemetry"));
            await Eventually.TrueAsync(() => heads.BegunAnew
                && writers.All(writer => writer.Acknowledged >= 10) && writers.Sum(writer => writer.Acknowledged) >= MessagesEachLife);
            await hub.KillAsync();
            await sending;
        }

        calls.AddRange(reader.Read(await EndedAsync(first), 0));

        var second = Path.Combine(folder, "second.trace");
        await using (hub = await HubProcess.StartAsync(data, TraceReader.Wrapper(second), Settings))
        {
            foreach (var sent in await SendAsync(writers, hub, MessagesEachLife / writers.Length))
                Assert.True(sent);
            Assert.Equal(0, (await hub.TerminateAsync()).ExitCode);
        }

        var killed = calls[^1].Position;
        calls.AddRange(reader.Read(await EndedAsync(second), killed + 1_000_000));
        return From(calls, writers, owner, killed);
    }

    private static TracedRun From(List<TraceEvent> calls, HubWriter[] writers, HubOwner owner, int killed)
    {
        var acknowledgements = new List<(int Position, string Device, int Count)>();
        foreach (var writer in writers)
        {
            foreach (var (port, from) in writer.Connections)
            {
                var answers = AnswersOn(port, calls, writer is MqttWriter);
                acknowledgements.AddRange(answers.Select((position, i) => (position, writer.Device, from + i + 1)));
            }
        }

        var devices = owner.LocalPorts.SelectMany(port => AnswersOn(port, calls, mqtt: false)).ToArray();
        Assert.Equal(writers.Length, devices.Length);
        return new TracedRun(
            [.. calls.Where(call => call.Kind != TraceKind.Send)],
            [.. acknowledgements.OrderBy(acknowledgement => acknowledgement.Position)],
            [.. devices.Select((position, i) => (position, writers[i].Device))],
            killed);
    }

    /// <summary>The positions at which acknowledgements began to leave over a connection.</summary>
    private static List<int> AnswersOn(int port, List<TraceEvent> calls, bool mqtt)
    {
        var positions = new List<int>();
        var sends = calls.Where(call => call.Kind == TraceKind.Send && call.Port == port);
        if (!mqtt)
            return [.. sends.Where(call => call.Data.AsSpan().StartsWith("HTTP/1.1 2"u8)).Select(call => call.Position)];

        // CONNACK and PUBACK have four bytes each, and nothing else is sent here.
        var bytes = 0;
        foreach (var call in sends)
        {
            for (var i = 0; i < call.Data.Length; i++, bytes++)
            {
                if (bytes % 4 == 0 && call.Data[i] == 0x40)
                    positions.Add(call.Position);
            }
        }

        return positions;
    }

    private static Task<bool[]> SendAsync(HubWriter[] writers, HubProcess hub, int more) => Task.WhenAll(
        writers.Select(writer => Task.Run(() => writer.SendAsync(hub, more < int.MaxValue ? writer.Acknowledged + more : more, TestContext.Current.CancellationToken))));

    private static async Task<HubWriter[]> CreateWritersAsync(HubOwner owner, HubProcess hub)
    {
        using var client = owner.CreateClient(hub);
        var writers = new List<HubWriter>();
        for (var i = 0; i < 4; i++)
        {
            var device = "d" + i.ToString(CultureInfo.InvariantCulture);
            var key = await HubOwner.CreateDeviceAsync(client, device);
            writers.Add(i < 3 ? new MqttWriter(device, key, window: 8 * i + 1, filler: 4_000) : new HttpWriter(device, key, filler: 4_000));
        }

        return [.. writers];
    }

    /// <summary>The tracer outlives what it traced by a moment; its last line says that the process ended.</summary>
    private static async Task<string> EndedAsync(string path)
    {
        await Eventually.TrueAsync(() => File.ReadLines(path).LastOrDefault()?.Contains("+++ ", StringComparison.Ordinal) == true);
        return path;
    }
}
