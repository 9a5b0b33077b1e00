namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// One file of the log and its index: all messages of a span of time. Holds the pool of its readers; a dropped segment's files go
/// when the last reader has left. Safe from any thread.
/// </summary>
internal sealed class Segment
{
    private const int MaxPooledReaders = 4;

    private readonly Lock _lock = new();
    private readonly Stack<SegmentReader> _pool = [];
    private int _leases;
    private bool _dropped;
    private bool _usedSinceSweep;

    public Segment(string path, SegmentHead head)
    {
        Path = path;
        Head = head;
        Index = new SegmentIndex(this);
    }

    public string Path { get; }

    public SegmentHead Head { get; }

    public SegmentIndex Index { get; }

    public int PartitionCount => Head.FirstSequences.Count;

    public long SizeInBytes
    {
        get
        {
            long size = 0;
            foreach (var path in (string[])[Path, Path + "-wal", SegmentFile.IndexPathOf(Path)])
            {
                var file = new FileInfo(path);
                if (file.Exists)
                    size += file.Length;
            }

            return size;
        }
    }

    /// <summary>Takes a reader; null when the segment has been dropped.</summary>
    public SegmentLease? TryLease()
    {
        SegmentReader? reader;
        lock (_lock)
        {
            if (_dropped)
                return null;
            _leases++;
            _usedSinceSweep = true;
            _pool.TryPop(out reader);
        }

        try
        {
            return new SegmentLease(this, reader ?? new SegmentReader(Path, PartitionCount));
        }
        catch (SqliteFaultException)
        {
            Return(null);
            throw;
        }
    }

    internal void Return(SegmentReader? reader)
    {
        lock (_lock)
        {
            _leases--;
            if (reader is not null && !_dropped && _pool.Count < MaxPooledReaders)
            {
                _pool.Push(reader);
                return;
            }
        }

        reader?.Dispose();
        try
        {
            DeleteWhenLeft();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // None of the reader's business: whoever dropped the segment tries until it is gone.
        }
    }

    /// <summary>Lets nobody in any more, and deletes the files as soon as nobody reads; whether they are gone. May be called again.</summary>
    public bool Drop()
    {
        lock (_lock)
            _dropped = true;
        CloseReaders();
        return DeleteWhenLeft();
    }

    /// <summary>Closes pooled readers unless they were used since the sweep before: old segments need no open files.</summary>
    public void SweepReaders()
    {
        lock (_lock)
        {
            if (_usedSinceSweep)
            {
                _usedSinceSweep = false;
                return;
            }
        }

        CloseReaders();
        Index.CloseReader();
    }

    public void CloseReaders()
    {
        lock (_lock)
        {
            while (_pool.TryPop(out var reader))
                reader.Dispose();
        }
    }

    private bool DeleteWhenLeft()
    {
        lock (_lock)
        {
            if (!_dropped || _leases > 0)
                return false;
        }

        Index.CloseForGood();
        SegmentFile.Delete(Path);
        return true;
    }
}

/// <summary>The right to read a segment until disposed.</summary>
internal sealed class SegmentLease(Segment segment, SegmentReader reader) : IDisposable
{
    public SegmentReader Reader { get; } = reader;

    public void Dispose() => segment.Return(Reader);
}
