using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>Gathers what one group commit brings to one partition. Used under the log's write lock only.</summary>
internal sealed class PartitionAppender(int partition, int blockBytes)
{
    private readonly BlockEncoder _encoder = new();
    private readonly List<BlockSpan> _spans = [];
    private bool _isOpen;

    /// <summary>The sequence number after the last one gathered.</summary>
    public long Next { get; private set; }

    /// <summary>When the last one gathered was enqueued; -1 when none was.</summary>
    public long LastTicks { get; private set; }

    /// <summary>Where the senders' messages are, for the index.</summary>
    public IReadOnlyList<BlockSpan> Spans => _spans;

    public void Begin(long next)
    {
        Next = next;
        LastTicks = -1;
        _isOpen = false;
        _spans.Clear();
    }

    public void Add(LogAppend append, SegmentWriter writer)
    {
        if (append.Messages.Length == 0)
            return;
        if (!_isOpen)
            _encoder.Begin(partition, Next);
        _isOpen = true;
        _encoder.Add(append);
        Next += append.Messages.Length;
        LastTicks = append.EnqueuedTime.UtcTicks;
        // A block is read as a whole, so its size bounds what that costs.
        if (_encoder.Size >= blockBytes)
            Flush(writer);
    }

    public void Flush(SegmentWriter writer)
    {
        if (!_isOpen)
            return;
        writer.Insert(partition, _encoder);
        for (var i = 0; i < _encoder.Spans.Count; i++)
            _spans.Add(_encoder.Spans[i]);
        _isOpen = false;
    }
}
