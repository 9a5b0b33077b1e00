using System.Globalization;
using Spectre.Console;

namespace Hub.Cli.Simulate;

/// <summary>Shows how a fleet does: one line that is rewritten in a terminal, a line every ten seconds elsewhere; and once what troubles it.</summary>
internal sealed class FleetProgress(IAnsiConsole console, TextWriter output, TextWriter notes)
{
    private const int LinesApart = 10;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    public static FleetProgress For(TextWriter output, TextWriter notes) =>
        new(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }), output, notes);

    public async Task RunAsync(FleetCounts counts, int devices, TimeProvider clock, CancellationToken cancellationToken)
    {
        var terminal = console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive;
        if (terminal)
            await console.Status().StartAsync("connecting", c => LoopAsync(counts, devices, clock, (text, _) => c.Status(Markup.Escape(text)), console.WriteLine, cancellationToken));
        else
            await LoopAsync(counts, devices, clock, Line, notes.WriteLine, cancellationToken);
    }

    /// <summary>The last troubles, and the sum.</summary>
    public async Task EndAsync(FleetCounts counts)
    {
        SayTroubles(counts, notes.WriteLine);
        await output.WriteLineAsync(Sum(counts));
    }

    private void Line(string text, int second)
    {
        if (second % LinesApart == 1)
            output.WriteLine(text);
    }

    private async Task LoopAsync(
        FleetCounts counts, int devices, TimeProvider clock, Action<string, int> show, Action<string> say, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Between, clock);
        var (before, second) = (0L, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (!counts.Reached)
                    continue;
                SayTroubles(counts, say);
                if (counts.Connected == devices && _said.Count > 0)
                {
                    say($"-- all {devices} devices are connected");
                    _said.Clear();
                }

                var sent = counts.Sent;
                show(string.Create(CultureInfo.InvariantCulture, $"{counts.Connected} of {devices} connected, {sent - before} sent/s, {Sum(counts)}"), ++second);
                before = sent;
            }
        }
        catch (OperationCanceledException)
        {
            // The fleet is done, and so is its progress.
        }
    }

    /// <summary>Each reason once, until all is well again: devices try for as long as it takes.</summary>
    private void SayTroubles(FleetCounts counts, Action<string> say)
    {
        foreach (var (reason, devices, example) in counts.TakeTroubles())
        {
            if (_said.Add(reason))
                say($"-- {example}{(devices > 1 ? $" and {devices - 1} more" : "")}: {reason}");
        }
    }

    private static string Sum(FleetCounts c) =>
        string.Create(CultureInfo.InvariantCulture, $"{c.Sent} sent, {c.Acknowledged} acknowledged, {c.Failed} failed");
}
