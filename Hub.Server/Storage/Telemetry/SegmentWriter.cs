using System.Globalization;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>The one connection that writes to the active segment. Used under the log's write lock only.</summary>
internal sealed class SegmentWriter : IDisposable
{
    /// <summary>Above this, readers keep the write-ahead log from being reused, and the writer waits for them a moment.</summary>
    private const long WaitForReadersAbove = 256 * 1024 * 1024;

    private readonly long _writeAheadBytes;
    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _probe;
    private readonly SqliteStatement[] _insert;
    private readonly Checkpointer _checkpointer;
    private long _notMoved;
    private bool _isMoving;

    /// <param name="segment">What is written to.</param>
    /// <param name="writeAheadBytes">How much its write-ahead log takes before it is moved into the file.</param>
    public SegmentWriter(Segment segment, long writeAheadBytes)
    {
        Segment = segment;
        _writeAheadBytes = writeAheadBytes;
        _checkpointer = new Checkpointer(segment.Path);
        _database = SqliteDatabase.Open(segment.Path, write: true);
        try
        {
            SegmentFile.UseDurableLog(_database);
            SegmentFile.SyncLog(segment.Path);
            // Nobody else writes, and readers do not hold up a writer in WAL: waiting would only hide a mistake.
            _database.SetBusyTimeout(TimeSpan.Zero);
            _begin = _database.Prepare("BEGIN IMMEDIATE");
            _commit = _database.Prepare("COMMIT");
            _probe = _database.Prepare("INSERT INTO probe VALUES (1, ?1) ON CONFLICT DO UPDATE SET written_at = excluded.written_at");
            _insert = new SqliteStatement[segment.PartitionCount];
            for (var partition = 0; partition < _insert.Length; partition++)
                _insert[partition] = _database.Prepare($"INSERT INTO block_{partition.ToString(CultureInfo.InvariantCulture)} VALUES (?1, ?2, ?3, ?4, ?5)");
            SizeInBytes = segment.SizeInBytes;
        }
        catch (Exception)
        {
            _database.Dispose();
            throw;
        }
    }

    public Segment Segment { get; }

    /// <summary>About how large the segment is.</summary>
    public long SizeInBytes { get; private set; }

    public void Begin() => _begin.Run();

    public void Insert(int partition, BlockEncoder encoder)
    {
        var block = encoder.Finish();
        _insert[partition].Bind(1, encoder.FirstSequenceNumber).Bind(2, encoder.Count).Bind(3, encoder.FirstTicks).Bind(4, encoder.LastTicks)
            .Bind(5, block).Run();
        _notMoved += block.Length + 4096;
        SizeInBytes += block.Length + 64;
    }

    /// <summary>On return the transaction is on the disk.</summary>
    public void Commit() => _commit.Run();

    /// <summary>Undoes the transaction; true when it is certain that nothing of it is left.</summary>
    public bool TryRollback()
    {
        // Some faults roll back by themselves (SQLITE_FULL does); then there is no transaction any more.
        if (!_database.InTransaction)
            return true;
        try
        {
            _database.Execute("ROLLBACK");
            return !_database.InTransaction;
        }
        catch (SqliteFaultException)
        {
            // The caller closes the connection, which undoes it too.
            return false;
        }
    }

    /// <summary>Sees to it that the write-ahead log is moved into the file when it has grown enough; all but a small rest beside the writer.</summary>
    public void CheckpointIfDue()
    {
        if (_checkpointer.IsRunning)
            return;
        var hasMoved = _isMoving;
        _isMoving = false;
        _checkpointer.Finish();
        // Only when all of it is moved does the write-ahead log begin anew: a small rest may hold up one commit.
        if (hasMoved && _notMoved <= _writeAheadBytes / 8)
            MoveRest();
        else if (hasMoved || _notMoved >= _writeAheadBytes)
            StartMoving();
    }

    /// <summary>Moves all of the write-ahead log into the file, for a segment that will not be written again.</summary>
    public void Seal()
    {
        _checkpointer.Finish();
        Truncate();
    }

    /// <summary>Commits a small write.</summary>
    public void Probe(DateTimeOffset now) => _probe.Bind(1, now.UtcTicks).Run();

    /// <summary>Undoes blocks from a sequence number on, which a commit left though it failed.</summary>
    public void RemoveFrom(int partition, long sequenceNumber) =>
        _database.Execute(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM block_{partition} WHERE first_sequence >= {sequenceNumber}"));

    /// <summary>Closes without writing anything, after a fault.</summary>
    public void Abandon()
    {
        _checkpointer.Dispose();
        _database.ForbidCheckpointOnClose();
        _database.Dispose();
    }

    public void Dispose()
    {
        _checkpointer.Dispose();
        _database.Dispose();
    }

    private void StartMoving()
    {
        _notMoved = 0;
        _isMoving = true;
        _checkpointer.Start();
    }

    private void MoveRest()
    {
        _database.Checkpoint(truncate: false);
        _notMoved = 0;
        var log = new FileInfo(Segment.Path + "-wal");
        if (log.Exists && log.Length > WaitForReadersAbove)
            Truncate();
    }

    private void Truncate()
    {
        _database.SetBusyTimeout(TimeSpan.FromMilliseconds(50));
        _database.Checkpoint(truncate: true);
        _database.SetBusyTimeout(TimeSpan.Zero);
    }
}
