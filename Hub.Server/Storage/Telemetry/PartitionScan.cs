using Hub.Server.Messaging.DeviceToCloud;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// The wanted messages of one partition in one direction, found block by block. Holds readers of the segment it is in until disposed.
/// Used by one thread.
/// </summary>
internal sealed class PartitionScan : IDisposable
{
    private readonly SegmentCatalog _catalog;
    private readonly TelemetryDamage _damage;
    private readonly BlockFilter _filter;
    private readonly int _partition;
    private readonly long _first;
    private readonly bool _descending;
    private readonly List<LoggedMessage> _found = [];
    private int _taken;
    private int _segment = -1;
    private SegmentLease? _lease;
    private List<SequenceRange> _ranges = [];
    private long _position;

    /// <param name="catalog">The log as it is for this scan.</param>
    /// <param name="damage">Told of what cannot be read.</param>
    /// <param name="filter">Which messages are wanted.</param>
    /// <param name="partition">Where.</param>
    /// <param name="position">The first place to look at; the scan goes on from there in its direction.</param>
    /// <param name="first">The least sequence number wanted.</param>
    /// <param name="descending">Towards older ones.</param>
    public PartitionScan(SegmentCatalog catalog, TelemetryDamage damage, BlockFilter filter, int partition, long position, long first, bool descending)
    {
        (_catalog, _damage, _filter, _partition, _descending) = (catalog, damage, filter, partition, descending);
        _first = Math.Max(first, catalog.FirstSequence(partition));
        _position = descending ? Math.Min(position, catalog.Next[partition] - 1) : Math.Max(position, _first);
    }

    /// <summary>The next message, when one was found.</summary>
    public LoggedMessage? Head => _taken < _found.Count ? _found[_taken] : null;

    /// <summary>Whether there is nothing more.</summary>
    public bool IsDone => Head is null && IsPastEnd;

    /// <summary>Where another scan would have to go on.</summary>
    public long Position => Head?.SequenceNumber ?? _position;

    private bool IsPastEnd => _descending ? _position < _first : _position >= _catalog.Next[_partition];

    public void TakeHead() => _taken++;

    /// <summary>Takes all that was found so far: the rest of a block.</summary>
    public IReadOnlyList<LoggedMessage> TakeFound()
    {
        LoggedMessage[] found = [.. _found.Skip(_taken)];
        _taken = _found.Count;
        return found;
    }

    /// <summary>
    /// Searches until there is a head, the end, or no budget; always looks at one block at least, so that pages make progress.
    /// </summary>
    public void Advance(ScanBudget budget, CancellationToken cancellationToken)
    {
        while (Head is null && !IsPastEnd)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!EnterSegment())
            {
                if (budget.IsSpent)
                    return;
                continue;
            }

            try
            {
                var scanned = ReadNext();
                budget.Spend(scanned);
                if (scanned > 0 && budget.IsSpent)
                    return;
            }
            catch (SqliteFaultException fault) when (fault.IsDamage)
            {
                _damage.File(_catalog.Segments[_segment].Path, fault);
                LeaveSegment();
            }
        }
    }

    public void Dispose() => _lease?.Dispose();

    /// <summary>Makes the segment of the position the current one; false when the position had to move on first.</summary>
    private bool EnterSegment()
    {
        var segment = _catalog.Find(_partition, _position);
        if (segment != _segment || _lease is null)
        {
            _lease?.Dispose();
            _lease = null;
            _segment = segment;
            try
            {
                _lease = _catalog.Segments[segment].TryLease();
            }
            catch (SqliteFaultException fault) when (fault.IsDamage)
            {
                _damage.File(_catalog.Segments[segment].Path, fault);
            }

            if (_lease is null)
            {
                LeaveSegment();
                return false;
            }

            _ranges = FindRanges();
        }

        return MoveIntoRange();
    }

    private List<SequenceRange> FindRanges()
    {
        var (from, to) = (_filter.FromTicks, _filter.ToTicks);
        if (_filter.DeviceId is null && from == long.MinValue && to == long.MaxValue)
            return [new SequenceRange(0, long.MaxValue)];
        var device = _filter.DeviceId ?? IndexSpans.AllDevices;
        var fromMinute = from <= 0 ? 0 : from / TimeSpan.TicksPerMinute;
        return _catalog.Segments[_segment].Index.Find(_partition, device, fromMinute, to / TimeSpan.TicksPerMinute);
    }

    /// <summary>Moves the position to the next stretch that may hold something; false when the segment has none.</summary>
    private bool MoveIntoRange()
    {
        if (_descending)
        {
            while (_ranges.Count > 0 && _ranges[^1].First > _position)
                _ranges.RemoveAt(_ranges.Count - 1);
            if (_ranges.Count > 0)
            {
                _position = Math.Min(_position, _ranges[^1].Last);
                return !IsPastEnd;
            }
        }
        else
        {
            var passed = 0;
            while (passed < _ranges.Count && _ranges[passed].Last < _position)
                passed++;
            _ranges.RemoveRange(0, passed);
            if (_ranges.Count > 0 && _ranges[0].First < _catalog.EndOf(_segment, _partition))
            {
                _position = Math.Max(_position, _ranges[0].First);
                return !IsPastEnd;
            }
        }

        LeaveSegment();
        return false;
    }

    private void LeaveSegment() =>
        _position = _descending ? _catalog.Segments[_segment].Head.FirstSequences[_partition] - 1 : _catalog.EndOf(_segment, _partition);

    /// <summary>Reads the block at the position, or the next in the direction; returns the bytes read, 0 when the segment is at its end.</summary>
    private int ReadNext()
    {
        var segment = _catalog.Segments[_segment];
        var reader = _lease!.Reader;
        var end = _catalog.EndOf(_segment, _partition);
        var position = _position;
        var block = reader.AtOrBefore(_partition, position);
        if (!_descending && (block is null || block.End <= position))
        {
            var before = block;
            block = reader.After(_partition, position);
            // A block whose row understates its count is damaged, not the beginning of a gap; it was reported when it was read.
            if (before is null || before.End == position)
                ReportGap(segment, position, Math.Min(block?.Address.FirstSequenceNumber ?? end, end));
            before?.Dispose();
        }

        if (block is null || block.Address.FirstSequenceNumber >= end)
        {
            if (_descending)
                ReportGap(segment, segment.Head.FirstSequences[_partition], position + 1);
            block?.Dispose();
            LeaveSegment();
            return 0;
        }

        using (block)
        {
            var first = block.Address.FirstSequenceNumber;
            if (_descending && block.End <= position)
                ReportGap(segment, block.End, position + 1);
            _found.Clear();
            _taken = 0;
            var sound = BlockDecoder.TryDecode(block.Bytes, block.Address, _filter, copyBodies: true, _found);
            if (!sound)
                _damage.Block(segment, _partition, first);
            Keep(position, end);
            if (_descending)
            {
                _position = first - 1;
            }
            else if (sound)
            {
                _position = block.End;
            }
            else
            {
                using var next = reader.After(_partition, first);
                _position = Math.Max(position + 1, Math.Min(next?.Address.FirstSequenceNumber ?? end, end));
            }

            return block.Length;
        }
    }

    /// <summary>Drops what lies on the wrong side of the position or outside the log, and turns the rest in the scan's direction.</summary>
    private void Keep(long position, long end)
    {
        if (_descending)
        {
            _found.RemoveAll(message => message.SequenceNumber > position || message.SequenceNumber < _first);
            _found.Reverse();
        }
        else
        {
            _found.RemoveAll(message => message.SequenceNumber < position || message.SequenceNumber >= end);
        }
    }

    private void ReportGap(Segment segment, long from, long next)
    {
        if (from < next)
            _damage.Gap(segment, _partition, from, next);
    }
}
