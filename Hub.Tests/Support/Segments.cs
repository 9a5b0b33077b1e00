using System.Buffers;

namespace Hub.Tests.Support;

/// <summary>Byte sequences that lie in several segments, as a pipe gives them.</summary>
internal static class Segments
{
    /// <summary>The bytes in segments that end at the given places.</summary>
    public static ReadOnlySequence<byte> Split(ReadOnlyMemory<byte> bytes, params int[] places)
    {
        Segment? first = null, last = null;
        var start = 0;
        foreach (var end in places.Order().Append(bytes.Length))
        {
            var segment = new Segment(bytes[start..end], last);
            first ??= segment;
            last = segment;
            start = end;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
