using System.ComponentModel.DataAnnotations;

namespace Hub.Server.Security;

/// <summary>How much of the audit log is kept.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Hub:Security:Audit";

    /// <summary>How long entries are kept.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How many entries are kept at most; above that the oldest are dropped, whatever their age.</summary>
    [Range(1_000, 100_000_000)]
    public int MaxEntries { get; init; } = 1_000_000;
}
