using System.Globalization;

namespace Hub.Server.Storage.Telemetry;

/// <summary>The names and the schema of a segment's files.</summary>
internal static class SegmentFile
{
    /// <summary>"HubT" in ASCII: a file of something else is never taken for a segment.</summary>
    private const int ApplicationId = 0x48756254;

    private const int SchemaVersion = 1;

    private const string Extension = ".segment";
    private const string IndexExtension = ".index";
    private const string Journal = "-journal";

    public static string PathOf(string directory, long number) => Path.Combine(directory, number.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    public static string IndexPathOf(string segmentPath) => Path.ChangeExtension(segmentPath, IndexExtension);

    /// <summary>The numbers of the segments in a directory, rising.</summary>
    public static long[] NumbersIn(string directory)
    {
        var numbers = new List<long>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                numbers.Add(number);
        }

        numbers.Sort();
        return [.. numbers];
    }

    /// <summary>Removes a segment's files. The segment itself goes first: what a crash leaves then is an orphan, not half a segment.</summary>
    public static void Delete(string path)
    {
        var index = IndexPathOf(path);
        DeleteOne(path);
        DeleteOne(index);
    }

    private static void DeleteOne(string database)
    {
        foreach (var beside in (string[])["", "-wal", "-shm", Journal])
            File.Delete(database + beside);
    }

    /// <summary>Removes files whose segment is gone, which a crash amid <see cref="Delete"/> left.</summary>
    public static void DeleteOrphans(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            var name = Path.GetFileName(path);
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            var rest = dot < 0 ? string.Empty : name[dot..].Split('-')[0];
            if (rest is Extension or IndexExtension && !File.Exists(Path.Combine(directory, name[..dot] + Extension)))
                File.Delete(path);
        }
    }

    /// <summary>Makes the file with each partition's next sequence number, so that numbers go on even when all before is dropped.</summary>
    public static void Create(string path, IReadOnlyList<long> firstSequences, DateTimeOffset startedAt, long earlierUntilTicks)
    {
        using var database = SqliteDatabase.Open(path, write: true);
        UseDurableLog(database);
        database.Execute("BEGIN IMMEDIATE");
        database.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {SchemaVersion}");
        database.Execute(
            """
            CREATE TABLE segment (id INTEGER PRIMARY KEY CHECK (id = 1), started_at INTEGER NOT NULL, earlier_until INTEGER NOT NULL) STRICT;
            CREATE TABLE partition (id INTEGER PRIMARY KEY, first_sequence INTEGER NOT NULL CHECK (first_sequence >= 0)) STRICT;
            CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), written_at INTEGER NOT NULL) STRICT;
            """);
        database.Prepare("INSERT INTO segment VALUES (1, ?1, ?2)").Bind(1, startedAt.UtcTicks).Bind(2, earlierUntilTicks).Run();
        var insert = database.Prepare("INSERT INTO partition VALUES (?1, ?2)");
        for (var partition = 0; partition < firstSequences.Count; partition++)
        {
            insert.Bind(1, partition).Bind(2, firstSequences[partition]).Run();
            // A table for each: its rows are then appended at one end only, and the key is the sequence number with all its 63 bits.
            database.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                CREATE TABLE block_{partition} (first_sequence INTEGER PRIMARY KEY, count INTEGER NOT NULL CHECK (count > 0),
                  first_enqueued INTEGER NOT NULL, last_enqueued INTEGER NOT NULL, data BLOB NOT NULL) STRICT
                """));
        }

        database.Execute("COMMIT");
    }

    /// <summary>Write-ahead log with an fsync at each commit; asserted, since a power cut would otherwise take acknowledged messages.</summary>
    public static void UseDurableLog(SqliteDatabase database)
    {
        // The change to WAL goes through a rollback journal. Were its deletion not synced (EXTRA), a power cut could bring it back, and
        // SQLite would roll the file back to nothing.
        database.Execute("PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
        if (database.Scalar("PRAGMA synchronous") != 2)
            throw new NotSupportedException("SQLite does not sync each commit (PRAGMA synchronous is not FULL).");
    }

    /// <summary>
    /// Puts on the disk what the write-ahead log holds. A process that was killed amid a commit may have left one there that only the
    /// system's memory has: whoever opens the file next reads it, and a power cut after that would take back what was shown.
    /// </summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static void SyncLog(string path)
    {
        // SQLite locks the two other files and never this one, so that to close it gives no lock away.
        var log = path + "-wal";
        if (!File.Exists(log))
            return;
        using var file = File.OpenHandle(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>
    /// Takes back what a power cut left half done while the file was made: only a connection that may write can do that, and none can
    /// read before.
    /// </summary>
    public static void TakeBackHalfMade(string path)
    {
        // Only the making of a file goes through a journal. An index is made anew from its segment.
        if (File.Exists(IndexPathOf(path) + Journal))
            DeleteOne(IndexPathOf(path));
        if (!File.Exists(path + Journal))
            return;
        using var database = SqliteDatabase.Open(path, write: true);
        database.Scalar("SELECT count(*) FROM sqlite_schema");
    }

    /// <summary>Whether the file was begun but never held anything: the hub was stopped while it made it.</summary>
    public static bool IsUnborn(string path)
    {
        if (new FileInfo(path).Length > 16 * 1024)
            return false;
        using var database = SqliteDatabase.Open(path, write: true);
        return database.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
    }

    /// <summary>Reads what the file says of itself.</summary>
    public static SegmentHead ReadHead(SqliteDatabase database)
    {
        if (database.Scalar("PRAGMA application_id") != ApplicationId)
            throw new InvalidDataException("It is not a file of the telemetry log.");
        var version = database.Scalar("PRAGMA user_version");
        if (version != SchemaVersion)
            throw new InvalidDataException($"It has version {version}; this hub knows version {SchemaVersion}.");

        var statement = database.Prepare("SELECT id, first_sequence FROM partition ORDER BY id");
        var first = new List<long>();
        while (statement.Step())
        {
            if (statement.Int64(0) != first.Count)
                throw new InvalidDataException("Its list of partitions is damaged.");
            first.Add(statement.Int64(1));
        }

        statement.Reset();
        var startedAt = new DateTimeOffset(database.Scalar("SELECT started_at FROM segment"), TimeSpan.Zero);
        return new SegmentHead(first, startedAt, database.Scalar("SELECT earlier_until FROM segment"));
    }
}

/// <summary>What a segment says of itself.</summary>
/// <param name="FirstSequences">Each partition's first sequence number here.</param>
/// <param name="StartedAt">When it was begun, by the clock.</param>
/// <param name="EarlierUntilTicks">The greatest enqueued time of all segments before it; decides when those have expired.</param>
internal sealed record SegmentHead(IReadOnlyList<long> FirstSequences, DateTimeOffset StartedAt, long EarlierUntilTicks);
