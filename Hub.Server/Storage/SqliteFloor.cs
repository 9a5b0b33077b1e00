namespace Hub.Server.Storage;

/// <summary>The oldest SQLite that the hub trusts with data.</summary>
internal static class SqliteFloor
{
    /// <summary>Before this version a checkpoint that meets a commit can corrupt a database in WAL mode (promises.md, finding 7).</summary>
    private static readonly Version Least = new(3, 51, 3);

    /// <exception cref="StorageUnusableException">The version is older.</exception>
    public static void Check(Version version)
    {
        if (version < Least)
            throw new StorageUnusableException($"SQLite {version} is too old to keep data safely; at least {Least} is needed: use the library that comes with the hub.");
    }
}
