using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hub.Server.Storage.Sqlite;

/// <summary>What every connection is told when it is opened: these settings belong to the connection, not to the file.</summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    public static readonly SqlitePragmas Instance = new();

    /// <summary>Checkpoints are the writer's alone, so that no reader or stray writer does one while the writer commits.</summary>
    private const string EveryConnection =
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF;";

    /// <summary>8 MiB of cache hold what a burst of reconnecting devices touches; the log beside the file is cut to 4 MiB when it begins anew.</summary>
    private const string Writer =
        EveryConnection + "PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 4194304;";

    public static void ApplyTo(SqliteConnection connection) => Run(connection, EveryConnection);

    public static void ApplyToWriter(SqliteConnection connection) => Run(connection, Writer);

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Run(connection, EveryConnection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Run(connection, EveryConnection);
        return Task.CompletedTask;
    }

    private static void Run(DbConnection connection, string pragmas)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // One of the two constants above.
        command.CommandText = pragmas;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
