using System.Buffers;
using System.Globalization;
using Hub.Server.Storage.Blocks;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// A read-only connection to a segment. Each call is a transaction of its own, over before it returns: a reader that stayed in one
/// would keep the write-ahead log from being reused. Used by one thread at a time.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    private const string Columns = "SELECT first_sequence, count, data FROM block_";

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement?[] _atOrBefore;
    private readonly SqliteStatement?[] _after;

    public SegmentReader(string path, int partitions)
    {
        _database = SqliteDatabase.Open(path, write: false);
        _atOrBefore = new SqliteStatement?[partitions];
        _after = new SqliteStatement?[partitions];
        try
        {
            // Blocks are read once and in order; a large cache would only hold memory.
            _database.Execute("PRAGMA cache_size = -256");
        }
        catch (SqliteFaultException)
        {
            _database.Dispose();
            throw;
        }
    }

    /// <summary>The youngest block that begins at or before the sequence number.</summary>
    public StoredBlock? AtOrBefore(int partition, long sequenceNumber) =>
        Read(_atOrBefore[partition] ??= Prepare(partition, " WHERE first_sequence <= ?1 ORDER BY first_sequence DESC LIMIT 1"), partition, sequenceNumber);

    /// <summary>The oldest block that begins after the sequence number.</summary>
    public StoredBlock? After(int partition, long sequenceNumber) =>
        Read(_after[partition] ??= Prepare(partition, " WHERE first_sequence > ?1 ORDER BY first_sequence LIMIT 1"), partition, sequenceNumber);

    public void Dispose() => _database.Dispose();

    private SqliteStatement Prepare(int partition, string rest) =>
        _database.Prepare(Columns + partition.ToString(CultureInfo.InvariantCulture) + rest);

    private static StoredBlock? Read(SqliteStatement statement, int partition, long sequenceNumber)
    {
        try
        {
            if (!statement.Bind(1, sequenceNumber).Step())
                return null;
            var count = statement.Int64(1);
            var blob = statement.Blob(2);
            var bytes = ArrayPool<byte>.Shared.Rent(blob.Length);
            blob.CopyTo(bytes);
            return new StoredBlock(new BlockAddress(partition, statement.Int64(0), count is > 0 and <= int.MaxValue ? (int)count : 0), bytes, blob.Length);
        }
        finally
        {
            statement.Reset();
        }
    }
}

/// <summary>A block as the file holds it, not yet checked, in a rented buffer that <see cref="Dispose"/> gives back.</summary>
internal sealed class StoredBlock(BlockAddress address, byte[] buffer, int length) : IDisposable
{
    public BlockAddress Address { get; } = address;

    public int Length { get; } = length;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, Length);

    /// <summary>The first sequence number after it, as far as its row can be believed.</summary>
    public long End => Address.FirstSequenceNumber + Math.Max(1, Address.Count);

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
