namespace Hub.Server.Storage.Blocks;

/// <summary>
/// The layout of a stored block, version 1: the messages of one partition out of one group commit.
/// <code>
/// header    version u8, 0 u8, partition u16, count u32, first sequence i64, least and greatest enqueued time i64 (UTC ticks),
///           bytes of runs u32, bytes of senders u32                                                     (little endian, 40 bytes)
/// runs      one per append: sender, ticks since the run before (zigzag; the first since 0), count (varints), bytes u32, then its messages:
///           system properties, application properties (0: none, n: entry n-1), length (varints), body
/// senders   count, then each: device, generation, auth method, model flag (0: none), model; all but the device behind a flag that
///           is 0 when it is as the sender's before
/// sets      count, then each: its bytes, count, then names and values
/// checksum  XxHash3 (64 bits) of all bytes before it, the header included
/// </code>
/// A run carries its length, so that a reader who looks for one device passes over the others' messages; senders and property sets
/// stand apart from the runs for the same reason, and each once.
/// </summary>
internal static class BlockFormat
{
    public const byte Version = 1;
    public const int HeaderSize = 40;
    public const int ChecksumSize = 8;

    public const int PartitionOffset = 2;
    public const int CountOffset = 4;
    public const int FirstSequenceOffset = 8;
    public const int FirstTicksOffset = 16;
    public const int LastTicksOffset = 24;
    public const int RunBytesOffset = 32;
    public const int SenderBytesOffset = 36;

    /// <summary>The most bytes of a 32-bit varint.</summary>
    public const int MaxVarint = 5;
}

/// <summary>What the row beside a block says of it; the block must say the same.</summary>
internal readonly record struct BlockAddress(int Partition, long FirstSequenceNumber, int Count);
