using System.Buffers.Binary;
using System.IO.Hashing;
using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Storage.Blocks;

/// <summary>
/// Writes blocks (<see cref="BlockFormat"/>), one after the other, into buffers that it keeps. Used by the one writer of the log, at
/// up to a million messages a second: nothing is allocated per message.
/// </summary>
internal sealed class BlockEncoder
{
    private readonly GrowingBuffer _block = new(64 * 1024);
    private readonly SenderTable _senders = new();
    private readonly PropertySets _sets = new();
    private int _partition;
    private long _runTicks;

    public long FirstSequenceNumber { get; private set; }

    public int Count { get; private set; }

    public long FirstTicks { get; private set; }

    public long LastTicks { get; private set; }

    /// <summary>The bytes so far; the senders and the checksum come on top.</summary>
    public int Size => _block.Length + _sets.Size;

    /// <summary>Where each sender's messages are, for the index; valid until the next <see cref="Begin"/>.</summary>
    public IReadOnlyList<BlockSpan> Spans => _senders.Spans;

    public void Begin(int partition, long firstSequenceNumber)
    {
        _block.Clear();
        _senders.Clear();
        _sets.Clear();
        _block.Reserve(BlockFormat.HeaderSize).Clear();
        _partition = partition;
        FirstSequenceNumber = firstSequenceNumber;
        Count = 0;
        _runTicks = 0;
        FirstTicks = long.MaxValue;
        LastTicks = long.MinValue;
    }

    public void Add(LogAppend append)
    {
        var messages = append.Messages;
        if (messages.Length == 0)
            return;
        var ticks = append.EnqueuedTime.UtcTicks;
        FirstTicks = Math.Min(FirstTicks, ticks);
        LastTicks = Math.Max(LastTicks, ticks);

        var block = _block;
        block.WriteVarint((uint)_senders.Add(append.Sender, ticks, FirstSequenceNumber + Count, messages.Length));
        // Clocks go back now and then, so the distance is signed (zigzag).
        var distance = ticks - _runTicks;
        _runTicks = ticks;
        block.WriteVarint((ulong)((distance << 1) ^ (distance >> 63)));
        block.WriteVarint((uint)messages.Length);
        var lengthAt = block.Length;
        block.Reserve(4);
        for (var i = 0; i < messages.Length; i++)
        {
            var message = messages[i];
            var body = message.Body.Span;
            block.WriteVarint(_sets.AddSystem(message.SystemProperties.Items));
            block.WriteVarint(_sets.Add(message.Properties.Items));
            block.WriteVarint((uint)body.Length);
            block.Write(body);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(block.Written[lengthAt..], (uint)(block.Length - lengthAt - 4));
        Count += messages.Length;
    }

    /// <summary>The whole block; valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        var runs = _block.Length - BlockFormat.HeaderSize;
        _senders.WriteTo(_block);
        var senders = _block.Length - BlockFormat.HeaderSize - runs;
        _sets.WriteTo(_block);

        var header = _block.Written[..BlockFormat.HeaderSize];
        header[0] = BlockFormat.Version;
        BinaryPrimitives.WriteUInt16LittleEndian(header[BlockFormat.PartitionOffset..], (ushort)_partition);
        BinaryPrimitives.WriteUInt32LittleEndian(header[BlockFormat.CountOffset..], (uint)Count);
        BinaryPrimitives.WriteInt64LittleEndian(header[BlockFormat.FirstSequenceOffset..], FirstSequenceNumber);
        BinaryPrimitives.WriteInt64LittleEndian(header[BlockFormat.FirstTicksOffset..], FirstTicks);
        BinaryPrimitives.WriteInt64LittleEndian(header[BlockFormat.LastTicksOffset..], LastTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(header[BlockFormat.RunBytesOffset..], (uint)runs);
        BinaryPrimitives.WriteUInt32LittleEndian(header[BlockFormat.SenderBytesOffset..], (uint)senders);
        var checksum = XxHash3.HashToUInt64(_block.Written);
        _block.WriteUInt64(checksum);
        return _block.Written;
    }
}
