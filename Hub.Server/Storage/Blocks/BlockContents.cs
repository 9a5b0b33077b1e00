using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using Hub.Server.Messaging;
using Hub.Shared.Devices;

namespace Hub.Server.Storage.Blocks;

/// <summary>
/// A block whose checksum and address were found right, cut into its parts (<see cref="BlockFormat"/>). Senders and property sets
/// are made when first asked for, and shared by the messages.
/// </summary>
internal sealed class BlockContents
{
    private readonly ReadOnlyMemory<byte> _block;
    private readonly (int Start, int Length)[] _sets;
    private readonly SystemProperties?[] _systemProperties;
    private readonly ApplicationProperties?[] _applicationProperties;
    private readonly MessageSender[] _senders;

    private BlockContents(ReadOnlyMemory<byte> block, BlockAddress address, int runBytes, int senderBytes)
    {
        _block = block;
        Address = address;
        FirstTicks = BinaryPrimitives.ReadInt64LittleEndian(block.Span[BlockFormat.FirstTicksOffset..]);
        LastTicks = BinaryPrimitives.ReadInt64LittleEndian(block.Span[BlockFormat.LastTicksOffset..]);
        Runs = block.Slice(BlockFormat.HeaderSize, runBytes);
        _senders = ReadSenders(block.Span.Slice(BlockFormat.HeaderSize + runBytes, senderBytes));
        var setsAt = BlockFormat.HeaderSize + runBytes + senderBytes;
        _sets = FindSets(block.Span[setsAt..^BlockFormat.ChecksumSize], setsAt);
        _systemProperties = new SystemProperties?[_sets.Length];
        _applicationProperties = new ApplicationProperties?[_sets.Length];
    }

    public BlockAddress Address { get; }

    public long FirstTicks { get; }

    public long LastTicks { get; }

    public ReadOnlyMemory<byte> Runs { get; }

    /// <summary>Cuts the block; false when it is damaged, or not the one that belongs there.</summary>
    public static bool TryOpen(ReadOnlyMemory<byte> block, BlockAddress expected, [NotNullWhen(true)] out BlockContents? contents)
    {
        contents = null;
        var bytes = block.Span;
        if (bytes.Length < BlockFormat.HeaderSize + BlockFormat.ChecksumSize || bytes[0] != BlockFormat.Version)
            return false;
        if (XxHash3.HashToUInt64(bytes[..^BlockFormat.ChecksumSize]) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[^BlockFormat.ChecksumSize..]))
            return false;

        var address = new BlockAddress(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[BlockFormat.PartitionOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[BlockFormat.FirstSequenceOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[BlockFormat.CountOffset..]));
        var runBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[BlockFormat.RunBytesOffset..]);
        var senderBytes = BinaryPrimitives.ReadUInt32LittleEndian(bytes[BlockFormat.SenderBytesOffset..]);
        var room = (uint)(bytes.Length - BlockFormat.HeaderSize - BlockFormat.ChecksumSize);
        if (address != expected || runBytes > room || senderBytes > room - runBytes)
            return false;

        try
        {
            contents = new BlockContents(block, address, (int)runBytes, (int)senderBytes);
            return true;
        }
        catch (InvalidDataException)
        {
            // The caller reports the block as damaged.
            return false;
        }
    }

    public MessageSender Sender(uint entry) => entry < (uint)_senders.Length ? _senders[entry] : throw SpanReader.Malformed();

    /// <summary>Whether the device has messages here.</summary>
    public bool Mentions(string deviceId)
    {
        foreach (var sender in _senders)
        {
            if (sender.DeviceId.Value == deviceId)
                return true;
        }

        return false;
    }

    public SystemProperties System(uint reference)
    {
        if (reference == 0)
            return SystemProperties.Empty;
        if (reference > (uint)_systemProperties.Length)
            throw SpanReader.Malformed();
        return _systemProperties[reference - 1] ??= SystemProperties.Create(ReadSet(reference));
    }

    public ApplicationProperties Application(uint reference)
    {
        if (reference == 0)
            return ApplicationProperties.Empty;
        if (reference > (uint)_applicationProperties.Length)
            throw SpanReader.Malformed();
        return _applicationProperties[reference - 1] ??= ApplicationProperties.Create(ReadSet(reference));
    }

    private KeyValuePair<string, string>[] ReadSet(uint reference)
    {
        var (start, length) = _sets[reference - 1];
        var reader = new SpanReader(_block.Span.Slice(start, length));
        var items = new KeyValuePair<string, string>[reader.ReadCount()];
        for (var i = 0; i < items.Length; i++)
            items[i] = new(reader.ReadText(), reader.ReadText());
        return items;
    }

    private static MessageSender[] ReadSenders(ReadOnlySpan<byte> bytes)
    {
        var reader = new SpanReader(bytes);
        var senders = new MessageSender[reader.ReadCount()];
        string? generation = null, authMethod = null, model = null;
        for (var i = 0; i < senders.Length; i++)
        {
            if (!DeviceId.TryParse(reader.ReadText(), out var deviceId))
                throw SpanReader.Malformed();
            generation = ReadUnlessRepeated(ref reader, generation);
            authMethod = ReadUnlessRepeated(ref reader, authMethod);
            var hasModel = reader.ReadVarint() != 0;
            if (hasModel)
                model = ReadUnlessRepeated(ref reader, model);
            senders[i] = new MessageSender(deviceId, generation, authMethod, hasModel ? model : null);
        }

        return reader.AtEnd ? senders : throw SpanReader.Malformed();
    }

    private static string ReadUnlessRepeated(ref SpanReader reader, string? before) =>
        reader.ReadVarint() != 0 ? reader.ReadText() : before ?? throw SpanReader.Malformed();

    private static (int Start, int Length)[] FindSets(ReadOnlySpan<byte> bytes, int offset)
    {
        var reader = new SpanReader(bytes);
        var sets = new (int, int)[reader.ReadCount()];
        for (var i = 0; i < sets.Length; i++)
        {
            var length = reader.ReadCount();
            sets[i] = (offset + reader.Position, length);
            reader.Read(length);
        }

        return reader.AtEnd ? sets : throw SpanReader.Malformed();
    }
}
