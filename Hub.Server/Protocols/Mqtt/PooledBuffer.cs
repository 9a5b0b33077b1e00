using System.Buffers;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>Bytes gathered in an array that goes back to the pool, so that an idle connection holds none. Used by one thread at a time.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 256;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(InitialSize);

    public int WrittenCount { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(0, WrittenCount);

    public void Advance(int count) => WrittenCount += count;

    /// <summary>Forgets what was written after a place.</summary>
    public void TakeBack(int writtenCount) => WrittenCount = writtenCount;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _array.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _array.AsSpan(WrittenCount);
    }

    /// <summary>Gives the array back; the buffer is not used again.</summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(_array);
        _array = [];
    }

    private void Grow(int sizeHint)
    {
        var needed = WrittenCount + Math.Max(sizeHint, 1);
        if (needed <= _array.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _array.Length * 2));
        WrittenSpan.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
