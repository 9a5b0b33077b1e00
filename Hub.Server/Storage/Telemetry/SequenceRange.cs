namespace Hub.Server.Storage.Telemetry;

/// <summary>From the first to the last sequence number, both included.</summary>
internal readonly record struct SequenceRange(long First, long Last)
{
    /// <summary>Sorts the ranges and makes one of those that touch.</summary>
    public static List<SequenceRange> Merge(List<SequenceRange> ranges)
    {
        ranges.Sort(static (a, b) => a.First.CompareTo(b.First));
        var merged = new List<SequenceRange>(ranges.Count);
        foreach (var range in ranges)
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
                merged[^1] = merged[^1] with { Last = Math.Max(merged[^1].Last, range.Last) };
            else
                merged.Add(range);
        }

        return merged;
    }
}
