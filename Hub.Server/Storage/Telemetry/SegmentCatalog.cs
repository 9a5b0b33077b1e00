namespace Hub.Server.Storage.Telemetry;

/// <summary>The segments in order, the last being the one that is written, and each partition's ends. Immutable; the log swaps it.</summary>
/// <param name="Segments">From the oldest; never empty.</param>
/// <param name="Next">Each partition's next sequence number.</param>
/// <param name="LastTicks">When each partition's newest message was enqueued; -1 when not known.</param>
internal sealed record SegmentCatalog(Segment[] Segments, long[] Next, long[] LastTicks)
{
    public Segment Active => Segments[^1];

    public long FirstSequence(int partition) => Math.Min(Segments[0].Head.FirstSequences[partition], Next[partition]);

    /// <summary>The sequence number after the segment's last.</summary>
    public long EndOf(int segment, int partition) =>
        segment + 1 < Segments.Length ? Segments[segment + 1].Head.FirstSequences[partition] : Next[partition];

    /// <summary>The place of the segment that holds the sequence number: the last one that begins at or before it; -1 when it is older than all.</summary>
    public int Find(int partition, long sequenceNumber)
    {
        var (low, high) = (0, Segments.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (Segments[middle].Head.FirstSequences[partition] <= sequenceNumber)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high;
    }
}
