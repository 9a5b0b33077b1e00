using System.Buffers.Binary;
using System.Text;

namespace Hub.Server.Storage.Blocks;

/// <summary>Reads a block's parts; whatever would lead outside throws <see cref="InvalidDataException"/>.</summary>
internal ref struct SpanReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position == _bytes.Length;

    public uint ReadVarint()
    {
        var value = ReadLongVarint();
        return value <= uint.MaxValue ? (uint)value : throw Malformed();
    }

    public ulong ReadLongVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (Position >= _bytes.Length)
                throw Malformed();
            var next = _bytes[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw Malformed();
    }

    /// <summary>A varint that counts things of at least one byte each, so it cannot exceed what is left.</summary>
    public int ReadCount()
    {
        var count = ReadVarint();
        return count <= (uint)(_bytes.Length - Position) ? (int)count : throw Malformed();
    }

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Read(4));

    public ReadOnlySpan<byte> Read(int count)
    {
        if ((uint)count > (uint)(_bytes.Length - Position))
            throw Malformed();
        var span = _bytes.Slice(Position, count);
        Position += count;
        return span;
    }

    public string ReadText() => Encoding.UTF8.GetString(Read(ReadCount()));

    public static InvalidDataException Malformed() => new("The block's contents contradict its layout.");
}
