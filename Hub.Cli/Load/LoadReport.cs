namespace Hub.Cli.Load;

/// <summary>What a load measured. Times are in milliseconds; null where it could not be measured.</summary>
internal sealed record LoadReport
{
    public required string Target { get; init; }

    public required int Connections { get; init; }

    public required int ConnectionsLost { get; init; }

    public required int InFlight { get; init; }

    public required int Qos { get; init; }

    public required int Size { get; init; }

    /// <summary>The rate asked for; null for as fast as possible.</summary>
    public double? Rate { get; init; }

    public required double ConnectSeconds { get; init; }

    public required double MeasuredSeconds { get; init; }

    /// <summary>All messages of the run, warm-up included.</summary>
    public required long Sent { get; init; }

    /// <summary>Messages acknowledged (QoS 0: sent) in the measured time.</summary>
    public required long Acknowledged { get; init; }

    public required double AcknowledgedPerSecond { get; init; }

    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    public required long OrderViolations { get; init; }

    /// <summary>Messages without PUBACK at the end.</summary>
    public required long Unacknowledged { get; init; }

    /// <summary>What broke connections, with how often.</summary>
    public required IReadOnlyDictionary<string, int> Errors { get; init; }

    /// <summary>A client whose connection broke; null when none did.</summary>
    public string? LostClient { get; init; }

    /// <summary>Why the hub closed that connection; null when it did not, or does not say.</summary>
    public string? LostReason { get; init; }

    public SideReport? Client { get; init; }

    public SideReport? Server { get; init; }

    /// <summary>
    /// Percent of this machine's processor time that its host gave to other virtual machines in the measured part. Above half a
    /// percent, latencies tell of the host rather than of the server.
    /// </summary>
    public double? StolenPercent { get; init; }
}

/// <summary>CPU time in the measured part, and memory at its end.</summary>
/// <param name="CpuSeconds">CPU time used.</param>
/// <param name="ResidentBytes">Resident memory at the end of the measured part, with all connections open.</param>
/// <param name="PeakResidentBytes">The highest resident memory of the process's life.</param>
/// <param name="ResidentBytesBefore">Resident memory before the first connection.</param>
internal sealed record SideReport(double CpuSeconds, long ResidentBytes, long PeakResidentBytes, long ResidentBytesBefore);
