using System.Buffers.Binary;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Finds out where a segment ends: each partition's next sequence number, and when its newest message came.</summary>
internal sealed record SegmentEnds(long[] Next, long[] LastTicks)
{
    public static SegmentEnds Read(Segment segment, TelemetryDamage damage)
    {
        var (next, ticks) = (new long[segment.PartitionCount], new long[segment.PartitionCount]);
        using var reader = new SegmentReader(segment.Path, segment.PartitionCount);
        for (var partition = 0; partition < next.Length; partition++)
        {
            next[partition] = segment.Head.FirstSequences[partition];
            ticks[partition] = -1;
            using var block = reader.AtOrBefore(partition, long.MaxValue);
            if (block is null)
                continue;
            if (BlockDecoder.TryReadSpans(block.Bytes, block.Address, out _, out ticks[partition]))
            {
                next[partition] = block.End;
            }
            else
            {
                // The row or the block lies; the larger of what they say keeps a number from being given twice.
                damage.Block(segment, partition, block.Address.FirstSequenceNumber);
                ticks[partition] = -1;
                next[partition] = Math.Max(block.End, EndByHeader(block));
            }
        }

        return new SegmentEnds(next, ticks);
    }

    private static long EndByHeader(StoredBlock block)
    {
        var bytes = block.Bytes.Span;
        if (bytes.Length < BlockFormat.HeaderSize)
            return block.End;
        var first = BinaryPrimitives.ReadInt64LittleEndian(bytes[BlockFormat.FirstSequenceOffset..]);
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[BlockFormat.CountOffset..]);
        // No block holds more messages than it has bytes: a count beyond that is itself damaged.
        return first == block.Address.FirstSequenceNumber && count > 0 && count < block.Length ? first + count : block.End;
    }
}
