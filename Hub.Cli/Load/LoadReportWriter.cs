using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Hub.Cli.Load;

/// <summary>Prints a report, for people or for programs.</summary>
internal static class LoadReportWriter
{
    public static void Write(LoadReport report, OutputFormat format, TextWriter output)
    {
        if (format == OutputFormat.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(report, Json.Indented));
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        var grid = new Grid().AddColumn().AddColumn();
        foreach (var (name, value) in Rows(report))
            grid.AddRow(new Text(name), new Text(value));
        console.Write(grid);
    }

    private static IEnumerable<(string Name, string Value)> Rows(LoadReport r)
    {
        yield return ("Server", r.Target);
        yield return ("Connections", Say($"{r.Connections:N0} in {r.ConnectSeconds:0.0} s, {r.ConnectionsLost:N0} lost"));
        yield return ("Load", Say($"{r.Size:N0} bytes, QoS {r.Qos}, {r.InFlight:N0} in flight, ") + (r.Rate is { } rate ? Say($"{rate:N0} a second") : "as fast as possible"));
        yield return (r.Qos == 0 ? "Sent" : "Acknowledged", Say($"{r.Acknowledged:N0} in {r.MeasuredSeconds:0.0} s: {r.AcknowledgedPerSecond:N0} a second"));
        if (r.Qos > 0)
            yield return ("Latency", Say($"p50 {r.P50:0.000} ms, p99 {r.P99:0.000} ms, p99.9 {r.P999:0.000} ms, max {r.Max:0.000} ms"));
        yield return ("Errors", Say($"{r.OrderViolations:N0} PUBACKs out of order, {r.Unacknowledged:N0} messages without PUBACK"));
        foreach (var (error, count) in r.Errors)
            yield return ("", Say($"{count:N0} x {error}"));
        if (r.LostReason is not null)
            yield return ("", $"the hub's reason ({r.LostClient}): {r.LostReason}");
        yield return ("Client", Side(r.Client, r));
        yield return ("Server process", Side(r.Server, r));
        if (r.StolenPercent is { } stolen)
            yield return ("Machine", Say($"{stolen:0.0}% of its processor time went to other virtual machines"));
    }

    private static string Side(SideReport? side, LoadReport r)
    {
        if (side is null)
            return "not visible (see --pid)";
        var perMillion = r.Acknowledged > 0 ? Say($" ({side.CpuSeconds * 1e6 / r.Acknowledged:0.0} s per million messages)") : "";
        var perConnection = Say($"{(side.ResidentBytes - side.ResidentBytesBefore) / 1024.0 / r.Connections:0.0} KiB more per connection");
        return Say($"CPU {side.CpuSeconds:0.00} s") + perMillion + Say($", memory {side.ResidentBytes / 1048576.0:0.0} MiB, {perConnection}");
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
