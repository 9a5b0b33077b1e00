using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Hub.Server.Storage.Blocks;

/// <summary>Bytes that are written one after the other into a buffer which is kept from block to block. Owned by one encoder.</summary>
internal sealed class GrowingBuffer(int initialSize)
{
    private readonly int _initialSize = initialSize;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(initialSize);

    public int Length { get; private set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        // One huge block must not hold its memory for ever.
        if (_bytes.Length > 16 * 1024 * 1024)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = ArrayPool<byte>.Shared.Rent(_initialSize);
        }

        Length = 0;
    }

    public Span<byte> Reserve(int count)
    {
        Ensure(count);
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void WriteVarint(uint value)
    {
        Ensure(BlockFormat.MaxVarint);
        var bytes = _bytes;
        var at = Length;
        while (value >= 0x80)
        {
            bytes[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        bytes[at++] = (byte)value;
        Length = at;
    }

    public void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    /// <summary>Writes the UTF-8 bytes of the text behind their count.</summary>
    public void WriteText(string text)
    {
        // A text of at most 42 characters has at most 126 bytes: its count takes one byte and can be filled in afterwards.
        if (text.Length <= 42)
        {
            Ensure(1 + (text.Length * 3));
            var written = Encoding.UTF8.GetBytes(text, _bytes.AsSpan(Length + 1));
            _bytes[Length] = (byte)written;
            Length += 1 + written;
            return;
        }

        var count = Encoding.UTF8.GetByteCount(text);
        WriteVarint((uint)count);
        Encoding.UTF8.GetBytes(text, Reserve(count));
    }

    private void Ensure(int more)
    {
        if (_bytes.Length - Length >= more)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + more), (int)Math.Min(_bytes.Length * 2L, Array.MaxLength)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
