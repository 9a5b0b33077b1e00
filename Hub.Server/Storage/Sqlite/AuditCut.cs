using Microsoft.Data.Sqlite;

namespace Hub.Server.Storage.Sqlite;

/// <summary>
/// Where the audit log was cut: the last entry that was dropped, and its hash, which the first that is kept follows. A trigger lets
/// nothing be deleted beyond it.
/// </summary>
internal sealed record AuditCut(long Id, byte[] Hash)
{
    /// <summary>How many entries one transaction drops, so that others who write wait no more than some tens of milliseconds.</summary>
    public const int MostAtOnce = 500;

    public static AuditCut Read(SqliteConnection connection)
    {
        using var command = connection.Command("SELECT Id, Hash FROM AuditCut");
        using var row = command.ExecuteReader();
        return row.Read() ? new AuditCut(row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : new AuditCut(0, AuditChain.Start);
    }

    /// <summary>Drops a part of what is to be dropped; returns how many entries, 0 when there are none.</summary>
    public static long Move(ControlConnection connection, DateTimeOffset olderThan, long maxEntries)
    {
        if (connection.Scalar("SELECT Id FROM AuditLog ORDER BY Id DESC LIMIT 1") is not { } newest
            || connection.Scalar("SELECT Id FROM AuditLog ORDER BY Id LIMIT 1") is not { } oldest)
        {
            return 0;
        }

        // A clock that was set back leaves older times behind newer ones: what is dropped ends before the first that is young enough.
        var kept = connection.Scalar("SELECT Id FROM AuditLog WHERE Time >= $time ORDER BY Id LIMIT 1", ("$time", olderThan.UtcTicks)) ?? newest;
        // The newest stays, since the next one follows its hash.
        var last = Math.Min(Math.Max(kept - 1, newest - maxEntries), newest - 1);
        last = Math.Min(last, oldest + MostAtOnce - 1);
        if (last < oldest)
            return 0;
        connection.Execute("INSERT OR REPLACE INTO AuditCut (One, Id, Hash) SELECT 1, Id, Hash FROM AuditLog WHERE Id = $last", ("$last", last));
        return connection.Execute("DELETE FROM AuditLog WHERE Id <= $last", ("$last", last));
    }
}
