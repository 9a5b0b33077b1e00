namespace Hub.Server.Storage.Telemetry;

/// <summary>How much work a query may do before it answers with what it has.</summary>
internal sealed class ScanBudget(TimeProvider time, long bytes, TimeSpan duration)
{
    private readonly long _start = time.GetTimestamp();
    private long _bytes = bytes;

    public bool IsSpent => _bytes <= 0 || time.GetElapsedTime(_start) > duration;

    public void Spend(int scanned) => _bytes -= scanned;
}
