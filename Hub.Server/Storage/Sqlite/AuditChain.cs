using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Hub.Server.Security;

namespace Hub.Server.Storage.Sqlite;

/// <summary>How audit entries hang together: each hash covers the one before, so that no entry can be changed or taken out unseen.</summary>
internal static class AuditChain
{
    /// <summary>What the first entry follows.</summary>
    public static readonly byte[] Start = new byte[SHA256.HashSizeInBytes];

    public static byte[] HashOf(byte[] before, long id, AuditRecord record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        Append(hash, id);
        Append(hash, record.Time.UtcTicks);
        Append(hash, record.Succeeded ? 1 : 0);
        foreach (var text in (string?[])[record.Actor, record.Source, record.Action, record.Target, record.Detail])
            Append(hash, text);
        return hash.GetHashAndReset();
    }

    /// <summary>With its length in front (-1 for none), so that no text can run into the next.</summary>
    private static void Append(IncrementalHash hash, string? text)
    {
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        Append(hash, text is null ? -1 : bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
