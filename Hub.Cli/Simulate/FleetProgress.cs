using System.Globalization;
using Spectre.Console;

namespace Hub.Cli.Simulate;

/// <summary>Shows how a fleet does: one line that is rewritten in a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class FleetProgress(IAnsiConsole console)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    public static FleetProgress For(TextWriter output) => new(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }));

    public async Task RunAsync(FleetCounts counts, int devices, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (console.Profile.Capabilities.Interactive)
            await console.Status().StartAsync("connecting", c => LoopAsync(counts, devices, clock, (text, _) => c.Status(Markup.Escape(text)), cancellationToken));
        else
            await LoopAsync(counts, devices, clock, (text, second) => Say(text, second % 10 == 0), cancellationToken);
        console.WriteLine(Text(counts, devices, 0));
    }

    private void Say(string text, bool now)
    {
        if (now)
            console.WriteLine(text);
    }

    private static async Task LoopAsync(FleetCounts counts, int devices, TimeProvider clock, Action<string, int> show, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Between, clock);
        var (before, second) = (0L, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var sent = counts.Sent;
                show(Text(counts, devices, sent - before), ++second);
                before = sent;
            }
        }
        catch (OperationCanceledException)
        {
            // The fleet is done, and so is its progress.
        }
    }

    private static string Text(FleetCounts c, int devices, long perSecond) => string.Create(
        CultureInfo.InvariantCulture, $"{c.Connected} of {devices} connected, {perSecond} sent/s, {c.Sent} sent, {c.Acknowledged} acknowledged, {c.Errors} errors");
}

/// <summary>What a fleet did so far; any of its tasks may count.</summary>
internal sealed class FleetCounts
{
    private long _connected;
    private long _sent;
    private long _acknowledged;
    private long _errors;

    public long Connected => Interlocked.Read(ref _connected);

    public long Sent => Interlocked.Read(ref _sent);

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long Errors => Interlocked.Read(ref _errors);

    public void CountConnected(int change) => Interlocked.Add(ref _connected, change);

    public void CountSent() => Interlocked.Increment(ref _sent);

    public void CountAcknowledged() => Interlocked.Increment(ref _acknowledged);

    public void CountError() => Interlocked.Increment(ref _errors);
}
