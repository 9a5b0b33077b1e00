using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Hub.Server.Security;

/// <summary>
/// AES-256-GCM with a random nonce for each secret. The place and the key's version are authenticated with it, so that a row's secret
/// opens only in its own row. The layout: format (1 byte), key version (4), nonce (12), ciphertext, tag (16).
/// Singleton; safe from any thread.
/// </summary>
internal sealed class KeyProtector(KeyFile keyFile) : IKeyProtector
{
    private const byte Format = 1;
    private const int VersionAt = 1;
    private const int NonceAt = VersionAt + sizeof(uint);
    private const int NonceBytes = 12;
    private const int TextAt = NonceAt + NonceBytes;
    private const int TagBytes = 16;

    /// <summary>Separates this use of the file's keys from any other.</summary>
    private static readonly byte[] Purpose = "hub secrets at rest"u8.ToArray();

    /// <summary>The derived key of each version: deriving costs more than all the rest, and every connecting device waits for it.</summary>
    private readonly ConcurrentDictionary<uint, byte[]> _derived = new();

    public byte[] Protect(ReadOnlySpan<byte> secret, string place)
    {
        var version = keyFile.Newest().Version;
        var result = new byte[TextAt + secret.Length + TagBytes];
        result[0] = Format;
        BinaryPrimitives.WriteUInt32BigEndian(result.AsSpan(VersionAt), version);
        RandomNumberGenerator.Fill(result.AsSpan(NonceAt, NonceBytes));
        using var cipher = CipherOf(version);
        cipher.Encrypt(
            result.AsSpan(NonceAt, NonceBytes), secret, result.AsSpan(TextAt, secret.Length), result.AsSpan(^TagBytes..), BoundTo(place, version));
        return result;
    }

    public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret, string place)
    {
        if (protectedSecret.Length < TextAt + TagBytes || protectedSecret[0] != Format)
            throw new CryptographicException("The secret is in no known format.");

        var version = BinaryPrimitives.ReadUInt32BigEndian(protectedSecret[VersionAt..]);
        var secret = new byte[protectedSecret.Length - TextAt - TagBytes];
        using var cipher = CipherOf(version);
        try
        {
            cipher.Decrypt(
                protectedSecret.Slice(NonceAt, NonceBytes), protectedSecret[TextAt..^TagBytes], protectedSecret[^TagBytes..], secret,
                BoundTo(place, version));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new CryptographicException(
                $"A secret does not open: it was changed, moved here from another place, or encrypted with a key other than that of {keyFile.Path}.", e);
        }

        return secret;
    }

    private AesGcm CipherOf(uint version) => new(
        _derived.GetOrAdd(version, static (number, file) => HKDF.DeriveKey(HashAlgorithmName.SHA256, file.Find(number), 32, [], Purpose), keyFile), TagBytes);

    private static byte[] BoundTo(string place, uint version) => Encoding.UTF8.GetBytes($"{place}|{version}");
}
