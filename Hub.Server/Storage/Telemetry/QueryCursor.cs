using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Server.Storage.Telemetry;

/// <summary>
/// Where a page ended: each searched partition's next place, bound to the question by a checksum over both. It guards against mistakes
/// and tampering by accident; it holds nothing but sequence numbers, so a forged one only skips messages for its forger.
/// </summary>
internal static class QueryCursor
{
    private const byte Version = 1;
    private const int ChecksumSize = 8;

    /// <summary>Writes the places, in the order of the partitions searched.</summary>
    public static string Write(TelemetryQuery query, ReadOnlySpan<long> positions)
    {
        var bytes = new byte[1 + (positions.Length * sizeof(long)) + ChecksumSize];
        bytes[0] = Version;
        for (var i = 0; i < positions.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1 + (i * sizeof(long))), positions[i]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - ChecksumSize), Checksum(query, bytes.AsSpan(..^ChecksumSize)));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads the places; throws <see cref="FormatException"/> for a cursor that was not given for this question.</summary>
    public static long[] Read(TelemetryQuery query, string cursor, int partitions)
    {
        var expected = 1 + (partitions * sizeof(long)) + ChecksumSize;
        var bytes = new byte[expected];
        if (cursor.Length != Base64Url.GetEncodedLength(expected) || !Base64Url.TryDecodeFromChars(cursor, bytes, out var length) || length != expected)
            throw Wrong();
        if (bytes[0] != Version || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(expected - ChecksumSize)) != Checksum(query, bytes.AsSpan(..^ChecksumSize)))
            throw Wrong();

        var positions = new long[partitions];
        for (var i = 0; i < partitions; i++)
            positions[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1 + (i * sizeof(long))));
        return positions;
    }

    private static FormatException Wrong() => new("The cursor is not one that was given for this query.");

    private static ulong Checksum(TelemetryQuery query, ReadOnlySpan<byte> places)
    {
        // The page's size may change from page to page; everything else belongs to the question. JSON keeps the parts apart.
        var question = JsonSerializer.SerializeToUtf8Bytes(
            new object?[]
            {
                query.DeviceId?.Value, query.Partition, query.After, query.From?.UtcTicks, query.To?.UtcTicks, query.Order, query.Q,
            });
        var hash = new XxHash3(0x48756254);
        hash.Append(question);
        hash.Append(places);
        return hash.GetCurrentHashAsUInt64();
    }
}
