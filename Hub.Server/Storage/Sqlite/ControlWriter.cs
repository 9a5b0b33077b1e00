using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// The one writer of the control database, with group commit: what waits is done in one transaction, each piece in a savepoint of its
/// own, so that one that fails takes no other with it, and many callers share one fsync. A result is given only after the commit.
/// Singleton; safe from any thread. The connection belongs to the loop alone.
/// </summary>
internal sealed class ControlWriter : IAsyncDisposable
{
    private const int MaxGroup = 256;

    /// <summary>After so long without work the log is moved into the database and cut to nothing.</summary>
    internal static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(5);

    /// <summary>Full: callers wait, for a change that was taken must not be dropped.</summary>
    private readonly Channel<IPiece> _waiting = Channel.CreateBounded<IPiece>(
        new BoundedChannelOptions(1024) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly ControlDatabase _database;
    private readonly WriteGate _gate;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private ControlConnection? _connection;
    private bool _logToCut;

    public ControlWriter(ControlDatabase database, WriteGate gate, TimeProvider time)
    {
        (_database, _gate, _time) = (database, gate, time);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// Does the work inside a transaction; durable on return. The work is synchronous, as SQLite is, and may be done twice (the first
    /// time undone), so it touches nothing but the connection. Cancelling helps only while it waits: work that has begun is finished.
    /// </summary>
    public ValueTask<T> WriteAsync<T>(Func<ControlConnection, T> work, CancellationToken cancellationToken) => WriteAsync(work, null, cancellationToken);

    /// <param name="work">As above.</param>
    /// <param name="committed">Hears the result after the commit and before the caller does, in the order of the commits; returns at once.</param>
    /// <param name="cancellationToken">As above.</param>
    public async ValueTask<T> WriteAsync<T>(Func<ControlConnection, T> work, Action<T>? committed, CancellationToken cancellationToken)
    {
        var piece = new Piece<T>(work, committed, cancellationToken);
        await _waiting.Writer.WriteAsync(piece, cancellationToken);
        return await piece.Done;
    }

    /// <summary>Finishes what waits and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
        _connection?.Dispose();
    }

    private async Task RunAsync()
    {
        var group = new List<IPiece>(MaxGroup);
        while (await WaitAsync())
        {
            using var turn = await _gate.EnterAsync(CancellationToken.None);
            while (group.Count < MaxGroup && _waiting.Reader.TryRead(out var piece))
            {
                if (!piece.IsCancelled())
                    group.Add(piece);
            }

            Commit(group);
            group.Clear();
            _logToCut = true;
        }
    }

    /// <summary>Waits for work; false when there will be none. Uses the first quiet moment to cut the log.</summary>
    private async ValueTask<bool> WaitAsync()
    {
        var work = _waiting.Reader.WaitToReadAsync();
        if (work.IsCompleted || !_logToCut)
            return await work;
        var more = work.AsTask();
        while (true)
        {
            try
            {
                return await (_logToCut ? more.WaitAsync(IdleAfter, _time) : more);
            }
            catch (TimeoutException)
            {
                using var turn = await _gate.EnterAsync(CancellationToken.None);
                _logToCut = !TryCutLog();
            }
        }
    }

    /// <summary>False when a reader is in the way (it is not waited for) or the disk fails (which the next commit tells).</summary>
    private bool TryCutLog()
    {
        try
        {
            if (_connection is null)
                return true;
            _connection.Execute("PRAGMA busy_timeout = 0");
            var isWhole = _connection.Scalar("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
            _connection.Execute("PRAGMA busy_timeout = 5000");
            return isWhole;
        }
        catch (SqliteException)
        {
            // As after any failure: only a new connection reads what is there.
            _connection?.Dispose();
            _connection = null;
            return true;
        }
    }

    /// <summary>Commits the group as one; when that fails, each piece by itself, so that only those fail that cannot be done.</summary>
    private void Commit(List<IPiece> group)
    {
        if (group.Count == 0 || TryCommit(group) is not { } failure)
            return;
        if (group.Count == 1)
        {
            group[0].Fail(failure);
            return;
        }

        foreach (var piece in group)
        {
            if (TryCommit([piece]) is { } own)
                piece.Fail(own);
        }
    }

    /// <summary>Null when the group is committed and every piece has been told; otherwise nothing is stored and nobody told.</summary>
    private Exception? TryCommit(List<IPiece> group)
    {
        try
        {
            // In plain words: what the driver makes of a transaction is made anew for each piece.
            _connection ??= new ControlConnection(_database.OpenWriter());
            _connection.Execute("BEGIN IMMEDIATE");
            foreach (var piece in group)
            {
                _connection.Execute("SAVEPOINT piece");
                if (!piece.Try(_connection))
                    _connection.Execute("ROLLBACK TO piece");
                _connection.Execute("RELEASE piece");
            }

            _connection.Execute("COMMIT");
        }
        catch (Exception e)
        {
            // After a failed fsync the pages in memory may not be those on the disk: only a new connection reads what is there.
            _connection?.Dispose();
            _connection = null;
            return e;
        }

        foreach (var piece in group)
            piece.Complete();
        return null;
    }

    private interface IPiece
    {
        /// <summary>Whether the caller has gone; it is told so.</summary>
        bool IsCancelled();

        /// <summary>Does the work and keeps its outcome; false when it threw.</summary>
        bool Try(ControlConnection connection);

        /// <summary>Gives the outcome to the caller.</summary>
        void Complete();

        void Fail(Exception exception);
    }

    private sealed class Piece<T>(Func<ControlConnection, T> work, Action<T>? committed, CancellationToken cancellationToken) : IPiece
    {
        // The writer must not run its callers' continuations.
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private Exception? _failure;

        public Task<T> Done => _done.Task;

        public bool IsCancelled() => cancellationToken.IsCancellationRequested && _done.TrySetCanceled(cancellationToken);

        public bool Try(ControlConnection connection)
        {
            try
            {
                _failure = null;
                _result = work(connection);
                return true;
            }
            catch (Exception e)
            {
                _failure = e;
                return false;
            }
        }

        public void Complete()
        {
            if (_failure is not null)
            {
                _done.SetException(_failure);
                return;
            }

            try
            {
                committed?.Invoke(_result!);
                _done.SetResult(_result!);
            }
            catch (Exception e)
            {
                // It is stored all the same; that somebody could not be told is a fault of the program, which the caller gets to see.
                _done.SetException(e);
            }
        }

        public void Fail(Exception exception) => _done.SetException(_failure ?? exception);
    }
}
