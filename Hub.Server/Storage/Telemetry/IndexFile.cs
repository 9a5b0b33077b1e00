namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// The stored part of a segment's index, in a file of its own, so that writing a minute of a large fleet never holds up an append. It
/// can be made anew from the blocks, so it need not survive a power cut, and a damaged one is thrown away.
/// </summary>
internal static class IndexFile
{
    /// <summary>Reads up to which sequence number each partition is indexed; null when there is no usable file.</summary>
    public static long[]? ReadProgress(SqliteDatabase database, int partitions)
    {
        if (database.Scalar("SELECT count(*) FROM sqlite_schema WHERE name IN ('span', 'progress')") != 2)
            return null;
        var progress = new long[partitions];
        var found = 0;
        var statement = database.Prepare("SELECT partition, next_sequence FROM progress ORDER BY partition");
        while (statement.Step() && statement.Int64(0) == found && found < partitions)
            progress[found++] = statement.Int64(1);
        statement.Reset();
        return found == partitions ? progress : null;
    }

    /// <summary>Adds spans and moves the partitions' progress, in one transaction.</summary>
    public static void Write(string path, IReadOnlyList<IndexSpans> spans, IReadOnlyList<long> progress)
    {
        using var database = SqliteDatabase.Open(path, write: true);
        database.Execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
            CREATE TABLE IF NOT EXISTS span (device TEXT NOT NULL, partition INTEGER NOT NULL, minute INTEGER NOT NULL,
              first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL, PRIMARY KEY (device, partition, minute)) WITHOUT ROWID, STRICT;
            CREATE TABLE IF NOT EXISTS progress (partition INTEGER PRIMARY KEY, next_sequence INTEGER NOT NULL) STRICT;
            BEGIN IMMEDIATE;
            """);
        var insert = database.Prepare(
            """
            INSERT INTO span VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
              first_sequence = min(first_sequence, excluded.first_sequence), last_sequence = max(last_sequence, excluded.last_sequence)
            """);
        for (var partition = 0; partition < spans.Count; partition++)
        {
            foreach (var (device, minute, range) in spans[partition].Items)
                insert.Bind(1, device).Bind(2, partition).Bind(3, minute).Bind(4, range.First).Bind(5, range.Last).Run();
        }

        var move = database.Prepare("INSERT INTO progress VALUES (?1, ?2) ON CONFLICT DO UPDATE SET next_sequence = excluded.next_sequence");
        for (var partition = 0; partition < progress.Count; partition++)
            move.Bind(1, partition).Bind(2, progress[partition]).Run();
        database.Execute("COMMIT");
    }

    public static void Delete(string path)
    {
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
            File.Delete(file);
    }
}
