using System.Globalization;

namespace Hub.Cli.Load;

/// <summary>What this machine's processors have done up to a moment, in ticks of all of them together. Read from /proc (Linux).</summary>
/// <param name="Ticks">All time that passed on them.</param>
/// <param name="StolenTicks">Time in which they had work and the host gave them to other virtual machines.</param>
internal sealed record MachineSample(long Ticks, long StolenTicks)
{
    // proc(5): user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in the first two already.
    private const int Fields = 8;

    /// <summary>Null where there is no /proc, or another one than Linux has.</summary>
    public static MachineSample? TryTake()
    {
        try
        {
            return Parse(File.ReadLines("/proc/stat").First());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <param name="line">The first line of /proc/stat, which sums all processors.</param>
    public static MachineSample Parse(string line)
    {
        var ticks = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(Fields).Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return new MachineSample(ticks.Sum(), ticks.Length == Fields ? ticks[^1] : 0);
    }

    /// <summary>How much of the machine's time others took between an earlier sample and this one, in percent.</summary>
    public double StolenPercentSince(MachineSample earlier) =>
        Ticks == earlier.Ticks ? 0 : 100.0 * (StolenTicks - earlier.StolenTicks) / (Ticks - earlier.Ticks);
}
