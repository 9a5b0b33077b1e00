using System.Diagnostics.CodeAnalysis;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Storage.Blocks;

/// <summary>Reads blocks. All or nothing: of a damaged block nothing is given out.</summary>
internal static class BlockDecoder
{
    /// <summary>
    /// Adds the messages that the filter wants, in order. False when the block is damaged: then nothing was added.
    /// </summary>
    /// <param name="block">The stored bytes.</param>
    /// <param name="expected">What the row beside them says.</param>
    /// <param name="filter">Which are wanted.</param>
    /// <param name="copyBodies">Whether the messages outlive the buffer that the block lies in.</param>
    /// <param name="into">Receives them.</param>
    public static bool TryDecode(ReadOnlyMemory<byte> block, BlockAddress expected, BlockFilter filter, bool copyBodies, List<LoggedMessage> into)
    {
        var before = into.Count;
        if (!BlockContents.TryOpen(block, expected, out var contents))
            return false;
        if (filter.DeviceId is not null && !contents.Mentions(filter.DeviceId))
            return true;
        if (contents.LastTicks < filter.FromTicks || contents.FirstTicks >= filter.ToTicks)
            return true;

        try
        {
            foreach (var run in new RunEnumerator(contents))
            {
                if (filter.DeviceId is not null && run.Sender.DeviceId.Value != filter.DeviceId)
                    continue;
                if (run.Ticks >= filter.FromTicks && run.Ticks < filter.ToTicks)
                    AddRun(contents, run, filter.Text, copyBodies, into);
            }

            return true;
        }
        catch (InvalidDataException)
        {
            into.RemoveRange(before, into.Count - before);
            return false;
        }
    }

    /// <summary>Where each sender's messages lie, and when the last message came; false when the block is damaged.</summary>
    public static bool TryReadSpans(ReadOnlyMemory<byte> block, BlockAddress expected, [NotNullWhen(true)] out IReadOnlyList<BlockSpan>? spans, out long lastTicks)
    {
        (spans, lastTicks) = (null, 0);
        if (!BlockContents.TryOpen(block, expected, out var contents))
            return false;
        try
        {
            var table = new SenderTable();
            foreach (var run in new RunEnumerator(contents))
            {
                table.Add(run.Sender, run.Ticks, run.FirstSequenceNumber, run.Count);
                lastTicks = run.Ticks;
            }

            spans = table.Spans;
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void AddRun(BlockContents contents, Run run, TextSearch? text, bool copyBodies, List<LoggedMessage> into)
    {
        var enqueued = new DateTimeOffset(run.Ticks, TimeSpan.Zero);
        var reader = new SpanReader(run.Messages.Span);
        for (var i = 0; i < run.Count; i++)
        {
            var system = contents.System(reader.ReadVarint());
            var properties = contents.Application(reader.ReadVarint());
            var length = reader.ReadCount();
            var body = run.Messages.Slice(reader.Position, length);
            reader.Read(length);

            var message = new Message { Body = body, SystemProperties = system, Properties = properties };
            if (text is not null && !text.Matches(message))
                continue;
            if (copyBodies)
                message = new Message { Body = body.ToArray(), SystemProperties = system, Properties = properties };
            into.Add(new LoggedMessage(contents.Address.Partition, run.FirstSequenceNumber + i, enqueued, run.Sender, message));
        }

        if (!reader.AtEnd)
            throw SpanReader.Malformed();
    }

    /// <summary>The messages of one append.</summary>
    private readonly record struct Run(MessageSender Sender, long Ticks, long FirstSequenceNumber, int Count, ReadOnlyMemory<byte> Messages);

    private struct RunEnumerator(BlockContents contents)
    {
        private int _position;
        private long _ticks;
        private long _taken;

        public Run Current { get; private set; }

        public readonly RunEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_position == contents.Runs.Length)
                return _taken == contents.Address.Count ? false : throw SpanReader.Malformed();

            var reader = new SpanReader(contents.Runs.Span[_position..]);
            var sender = contents.Sender(reader.ReadVarint());
            var distance = reader.ReadLongVarint();
            _ticks += (long)(distance >> 1) ^ -(long)(distance & 1);
            var count = reader.ReadCount();
            var length = reader.ReadUInt32();
            if (length > int.MaxValue || count == 0 || count > contents.Address.Count - _taken || _ticks < contents.FirstTicks || _ticks > contents.LastTicks
                || (ulong)_ticks > (ulong)DateTime.MaxValue.Ticks)
                throw SpanReader.Malformed();
            var start = _position + reader.Position;
            reader.Read((int)length);
            Current = new Run(sender, _ticks, contents.Address.FirstSequenceNumber + _taken, count, contents.Runs.Slice(start, (int)length));
            _taken += count;
            _position = start + (int)length;
            return true;
        }
    }
}
