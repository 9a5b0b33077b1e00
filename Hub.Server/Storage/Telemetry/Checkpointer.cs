namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// Moves a segment's write-ahead log into its file while the writer goes on, on a connection and a thread of its own: done between
/// two commits, it would be what the slowest messages wait for. Used under the log's write lock only, but for the thread itself.
/// </summary>
internal sealed class Checkpointer(string path) : IDisposable
{
    private SqliteDatabase? _database;
    private Task _running = Task.CompletedTask;

    public bool IsRunning => !_running.IsCompleted;

    /// <summary>Begins to move what the log holds now.</summary>
    public void Start() =>
        _running = Task.Factory.StartNew(Move, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Waits for the end of what was started.</summary>
    /// <exception cref="SqliteFaultException">It failed; told once.</exception>
    public void Finish()
    {
        var ended = _running;
        _running = Task.CompletedTask;
        ended.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        // Whether it failed is no matter any more: what was not moved stays in the write-ahead log.
        Task.WaitAny(_running);
        _database?.Dispose();
    }

    private void Move()
    {
        if (_database is null)
        {
            _database = SqliteDatabase.Open(path, write: true);
            SegmentFile.UseDurableLog(_database);
            // The writer's connection is the one that closes the file.
            _database.ForbidCheckpointOnClose();
        }

        _database.Checkpoint(truncate: false);
    }
}
