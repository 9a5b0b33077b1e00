using System.Reflection;
using System.Security.Cryptography;
using Hub.Server.Storage.Model;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Hub.Server.Storage.Sqlite;

/// <summary>Where the control database lies, how it is opened, and what is checked before it is trusted.</summary>
internal sealed class ControlDatabase(DataDirectory directory)
{
    /// <summary>Marks the file as a hub's ("HUB1").</summary>
    public const int ApplicationId = 0x48554231;

    public string Path => directory.ControlPath;

    public static void Configure(DbContextOptionsBuilder options, string path) =>
        options.UseSqlite(ConnectionString(path, SqliteOpenMode.ReadWriteCreate)).AddInterceptors(SqlitePragmas.Instance);

    /// <summary>A connection that only reads; it needs no lock on the data directory.</summary>
    public SqliteConnection OpenReader()
    {
        // Not pooled by the driver: ControlReaders keeps them itself, with their prepared commands.
        var connection = new SqliteConnection(ConnectionString(Path, SqliteOpenMode.ReadOnly) + ";Pooling=False");
        connection.Open();
        SqlitePragmas.ApplyTo(connection);
        return connection;
    }

    public SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(ConnectionString(Path, SqliteOpenMode.ReadWrite) + ";Pooling=False");
        connection.Open();
        SqlitePragmas.ApplyToWriter(connection);
        return connection;
    }

    /// <summary>Brings the file to this version's schema and checks that commits will be durable. May be called again.</summary>
    /// <exception cref="StorageUnusableException">The file is not a hub's, is of a newer hub, or SQLite cannot do what is needed.</exception>
    public async Task PrepareAsync(IDbContextFactory<HubDbContext> contexts, CancellationToken cancellationToken)
    {
        SqliteFloor.Check(SqliteVersion());
        CreatePrivateFile();
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await db.Database.OpenConnectionAsync(cancellationToken);
            var connection = (SqliteConnection)db.Database.GetDbConnection();
            var known = db.GetService<IMigrationsAssembly>().Migrations;
            CheckFile(connection, known);
            // Before the first table, so that the switch needs nobody to be away.
            // The change to WAL goes through a rollback journal. Were its deletion not synced (EXTRA), a power cut could bring it back, and
            // SQLite would roll the file back to nothing.
            connection.Execute("PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            CheckDurable(connection);
            await db.Database.MigrateAsync(cancellationToken);
            connection.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {known.Count}");
            await db.Database.ExecuteSqlAsync(
                $"INSERT OR IGNORE INTO Settings (Name, Value) VALUES ({SettingRow.CursorKey}, {RandomNumberGenerator.GetBytes(32)})", cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new StorageUnusableException($"The control database '{Path}' cannot be opened ({e.Message}); restore it from a backup, or move it away to begin anew.", e);
        }
    }

    private static Version SqliteVersion()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        return Version.Parse(connection.ServerVersion);
    }

    /// <summary>SQLite gives the files beside it (-wal, -shm) the mode of this one.</summary>
    private void CreatePrivateFile()
    {
        if (File.Exists(Path))
            return;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(Path, options);
    }

    /// <summary>Checks that the file can be read as it is, by a command beside the hub that owns it.</summary>
    /// <exception cref="StorageUnusableException">It is not a hub's, or its schema is not this version's.</exception>
    public async Task CheckReadableAsync(IDbContextFactory<HubDbContext> contexts, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var known = db.GetService<IMigrationsAssembly>().Migrations;
            await using var connection = OpenReader();
            CheckFile(connection, known);
            if (MigrationsIn(connection).Count < known.Count)
                throw new StorageUnusableException($"The control database '{Path}' was written by an older hub; start this one there once, then try again.");
        }
        catch (SqliteException e)
        {
            throw new StorageUnusableException($"The control database '{Path}' cannot be read ({e.Message}).", e);
        }
    }

    private void CheckFile(SqliteConnection connection, IReadOnlyDictionary<string, TypeInfo> known)
    {
        var tables = Scalar(connection, "SELECT count(*) FROM sqlite_schema");
        var applied = MigrationsIn(connection);
        // A start that was cut short between migrating and marking leaves Entity Framework's history and no mark.
        if (tables > 0 && applied.Count == 0 && Scalar(connection, "PRAGMA application_id") is not ApplicationId)
            throw new StorageUnusableException($"'{Path}' is a database of another program; set Hub:DataDirectory to another folder.");
        if (Scalar(connection, "PRAGMA user_version") > known.Count || applied.Any(migration => !known.ContainsKey(migration)))
            throw new StorageUnusableException($"The control database '{Path}' was written by a newer hub; start that one, or restore a backup made before.");
    }

    /// <summary>The steps that brought the file to its schema; none when it has no such record.</summary>
    private static List<string> MigrationsIn(SqliteConnection connection)
    {
        List<string> applied = [];
        if (Scalar(connection, "SELECT count(*) FROM sqlite_schema WHERE name = '__EFMigrationsHistory'") == 0)
            return applied;
        using var command = connection.Command("SELECT MigrationId FROM __EFMigrationsHistory");
        using var row = command.ExecuteReader();
        while (row.Read())
            applied.Add(row.GetString(0));
        return applied;
    }

    /// <summary>An acknowledged change survives a power cut only in WAL mode with synchronous FULL (2).</summary>
    private void CheckDurable(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        if (command.ExecuteScalar() is not "wal" || Scalar(connection, "PRAGMA synchronous") != 2 || Scalar(connection, "PRAGMA foreign_keys") != 1)
            throw new StorageUnusableException($"The control database '{Path}' cannot be made durable (WAL with synchronous FULL); put the data directory on a local disk.");
    }

    private static string ConnectionString(string path, SqliteOpenMode mode) =>
        new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, ForeignKeys = true, DefaultTimeout = 5 }.ToString();

    private static long Scalar(SqliteConnection connection, string sql) => connection.Scalar(sql)!.Value;
}
