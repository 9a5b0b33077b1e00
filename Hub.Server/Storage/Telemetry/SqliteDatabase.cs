using System.Diagnostics.CodeAnalysis;
using Hub.Server.Messaging.DeviceToCloud;
using SQLitePCL;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// A connection to one file of the log. Below Microsoft.Data.Sqlite, which allocates for each blob it binds. Used by one thread at a
/// time.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteDatabase()
    {
        Batteries_V2.Init();
        SqliteFloor.Check(Version.Parse(raw.sqlite3_libversion().utf8_to_string()));
    }

    private SqliteDatabase(sqlite3 handle) => _handle = handle;

    /// <summary>Opens a file; with <paramref name="write"/> it is made when it is not there.</summary>
    public static SqliteDatabase Open(string path, bool write)
    {
        var flags = raw.SQLITE_OPEN_NOMUTEX | (write ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READONLY);
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (result != raw.SQLITE_OK)
        {
            var fault = SqliteFaultException.From(handle, result);
            handle.manual_close_v2();
            throw fault;
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, 5_000);
        return new SqliteDatabase(handle);
    }

    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    public void Execute(string sql)
    {
        var result = raw.sqlite3_exec(_handle, sql);
        if (result != raw.SQLITE_OK)
            throw SqliteFaultException.From(_handle, result);
    }

    /// <summary>The first column of the first row, as a number; 0 without a row.</summary>
    public long Scalar(string sql)
    {
        var statement = Prepare(sql);
        try
        {
            return statement.Step() ? statement.Int64(0) : 0;
        }
        finally
        {
            statement.Dispose();
            _statements.Remove(statement);
        }
    }

    /// <summary>Prepares a statement, which lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var result = raw.sqlite3_prepare_v3(_handle, sql, SqliteStatement.Persistent, out var statement);
        if (result != raw.SQLITE_OK)
            throw SqliteFaultException.From(_handle, result);
        var prepared = new SqliteStatement(_handle, statement);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Moves what the write-ahead log holds into the file; true when all of it was.</summary>
    public bool Checkpoint(bool truncate)
    {
        var mode = truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE;
        var result = raw.sqlite3_wal_checkpoint_v2(_handle, null, mode, out var frames, out var moved);
        // Busy: a reader holds it up, the next attempt will do.
        if (result == raw.SQLITE_BUSY)
            return false;
        return result == raw.SQLITE_OK ? frames == moved : throw SqliteFaultException.From(_handle, result);
    }

    public void SetBusyTimeout(TimeSpan timeout) => raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds);

    /// <summary>After a fault: closing must not write anything, since nobody knows any more what the system's cache holds.</summary>
    public void ForbidCheckpointOnClose() => raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _handle.manual_close_v2();
    }
}

/// <summary>SQLite said no.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Made from a SQLite result only.")]
internal sealed class SqliteFaultException(int code, string text) : Exception($"SQLite error {code}: {text}.")
{
    private const int ShmSize = raw.SQLITE_IOERR | (19 << 8);

    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    /// <summary>The file's contents are not what they were when written.</summary>
    public bool IsDamage => (Code & 0xFF) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>What that means to those who use the log. A shared-memory file that cannot grow is a full disk too.</summary>
    public MessageLogFault Fault => (Code & 0xFF) == raw.SQLITE_FULL || Code == ShmSize ? MessageLogFault.Full : MessageLogFault.InputOutput;

    public static SqliteFaultException From(sqlite3 handle, int result)
    {
        var extended = handle.IsInvalid ? result : raw.sqlite3_extended_errcode(handle);
        var code = extended == raw.SQLITE_OK ? result : extended;
        return new SqliteFaultException(code, raw.sqlite3_errstr(code & 0xFF).utf8_to_string());
    }
}
