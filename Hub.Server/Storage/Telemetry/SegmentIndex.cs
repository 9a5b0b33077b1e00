using System.Globalization;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// Finds a device's messages in a segment without a row per message: in memory what the last minute brought, in a file what came
/// before, and in between, after a crash, a stretch that is searched block by block until <see cref="Rebuild"/> has caught up.
/// The writer adds, one maintenance task at a time saves, any thread asks.
/// </summary>
internal sealed partial class SegmentIndex
{
    private readonly Segment _segment;
    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly Lock _fileLock = new();
    private readonly Lock _saveLock = new();
    private readonly long[] _memoryFrom;
    private readonly long[] _memoryEnd;
    private IndexSpans[] _fresh;
    private IndexSpans[]? _saving;
    private long[] _savingEnd = [];
    private long[]? _saved;
    private SqliteDatabase? _reader;
    private SqliteStatement? _find;
    private bool _closed;

    public SegmentIndex(Segment segment)
    {
        _segment = segment;
        _path = SegmentFile.IndexPathOf(segment.Path);
        _memoryFrom = [.. segment.Head.FirstSequences];
        _memoryEnd = [.. segment.Head.FirstSequences];
        _fresh = NewSpans();
    }

    /// <summary>Says where the segment ended when it was opened: what lies before is in the file or must be made anew.</summary>
    public void BeginAt(IReadOnlyList<long> nextSequences)
    {
        for (var partition = 0; partition < nextSequences.Count; partition++)
            _memoryFrom[partition] = _memoryEnd[partition] = nextSequences[partition];
    }

    /// <summary>Takes what a commit brought. Called by the writer after it.</summary>
    public void Add(int partition, IReadOnlyList<BlockSpan> spans, long nextSequence)
    {
        lock (_lock)
        {
            _fresh[partition].Add(spans);
            _memoryEnd[partition] = nextSequence;
        }
    }

    /// <summary>The stretches that hold all of a device's messages of the minutes given, rising; others' messages may lie there too.</summary>
    public List<SequenceRange> Find(int partition, string device, long fromMinute, long toMinute)
    {
        var ranges = new List<SequenceRange>();
        lock (_fileLock)
        {
            var saved = Saved();
            // Memory first: what is saved in between is then found twice, not missed.
            lock (_lock)
            {
                _fresh[partition].Find(device, fromMinute, toMinute, ranges);
                _saving?[partition].Find(device, fromMinute, toMinute, ranges);
                if (saved[partition] < _memoryFrom[partition])
                    ranges.Add(new SequenceRange(saved[partition], _memoryFrom[partition] - 1));
            }

            if (saved[partition] > _segment.Head.FirstSequences[partition])
                FindSaved(partition, device, fromMinute, toMinute, ranges);
        }

        return SequenceRange.Merge(ranges);
    }

    /// <summary>
    /// The sequence number up to which the partition was indexed, and so stored, when the index was last saved. Given a log that ends
    /// before it, the index must show the message itself; otherwise it is the index that is damaged, and it is made anew.
    /// </summary>
    public long WitnessedEnd(int partition, long logEnd)
    {
        lock (_fileLock)
        {
            var end = Saved()[partition];
            if (end <= logEnd || Shows(partition, end - 1))
                return Math.Max(end, logEnd);
            StartOver();
            return logEnd;
        }
    }

    /// <summary>Closes the connection that looks things up.</summary>
    public void CloseReader()
    {
        lock (_fileLock)
        {
            _reader?.Dispose();
            _reader = null;
            _find = null;
        }
    }

    public void CloseForGood()
    {
        lock (_fileLock)
        {
            _closed = true;
            CloseReader();
        }
    }

    private long[] Saved()
    {
        if (_saved is not null)
            return _saved;
        try
        {
            if (File.Exists(_path) && !_closed)
                _saved = IndexFile.ReadProgress(_reader ??= SqliteDatabase.Open(_path, write: false), _memoryFrom.Length);
        }
        catch (SqliteFaultException fault) when (fault.IsDamage)
        {
            // Made anew below.
        }

        if (_saved is null)
            StartOver();
        return _saved ?? [.. _segment.Head.FirstSequences];
    }

    private bool Shows(int partition, long sequenceNumber)
    {
        try
        {
            _reader ??= SqliteDatabase.Open(_path, write: false);
            return _reader.Scalar(string.Create(
                CultureInfo.InvariantCulture, $"SELECT count(*) FROM span WHERE partition = {partition} AND last_sequence = {sequenceNumber}")) > 0;
        }
        catch (SqliteFaultException fault) when (fault.IsDamage)
        {
            return false;
        }
    }

    private void FindSaved(int partition, string device, long fromMinute, long toMinute, List<SequenceRange> into)
    {
        try
        {
            _reader ??= SqliteDatabase.Open(_path, write: false);
            _find ??= _reader.Prepare(
                "SELECT first_sequence, last_sequence FROM span WHERE device = ?1 AND partition = ?2 AND minute BETWEEN ?3 AND ?4");
            _find.Bind(1, device).Bind(2, partition).Bind(3, fromMinute).Bind(4, toMinute);
            while (_find.Step())
                into.Add(new SequenceRange(_find.Int64(0), _find.Int64(1)));
        }
        catch (SqliteFaultException fault) when (fault.IsDamage)
        {
            StartOver();
            lock (_lock)
                into.Add(new SequenceRange(_segment.Head.FirstSequences[partition], _memoryFrom[partition] - 1));
        }
        finally
        {
            _find?.Reset();
        }
    }

    /// <summary>
    /// Throws a damaged file away; until it is made anew, the segment is searched block by block. Not while somebody else saves, whose
    /// progress would then claim what is gone: the next to come tries again.
    /// </summary>
    private void StartOver()
    {
        CloseReader();
        if (_closed || !_saveLock.TryEnter())
            return;
        try
        {
            IndexFile.Delete(_path);
            _saved = [.. _segment.Head.FirstSequences];
        }
        finally
        {
            _saveLock.Exit();
        }
    }

    private IndexSpans[] NewSpans()
    {
        var spans = new IndexSpans[_segment.PartitionCount];
        for (var partition = 0; partition < spans.Length; partition++)
            spans[partition] = new IndexSpans();
        return spans;
    }
}
