using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Hub.Server.Registry;

/// <summary>A secret key of 16 to 64 bytes. It never prints itself; <see cref="ToBase64"/> is the one way out.</summary>
internal sealed class SymmetricKey : IEquatable<SymmetricKey>
{
    public const int MinBytes = 16;
    public const int MaxBytes = 64;
    public const string Rule = "A key is base64 of 16 to 64 bytes.";

    private readonly byte[] _bytes;

    private SymmetricKey(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A random key of 32 bytes.</summary>
    public static SymmetricKey Generate() => new(RandomNumberGenerator.GetBytes(32));

    public static bool TryParse([NotNullWhen(true)] string? base64, [NotNullWhen(true)] out SymmetricKey? key)
    {
        key = null;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (string.IsNullOrEmpty(base64) || !Convert.TryFromBase64String(base64, bytes, out var written) || written < MinBytes)
            return false;
        key = new SymmetricKey(bytes[..written].ToArray());
        return true;
    }

    /// <summary>Makes a key of bytes that were a key before, such as those a store has decrypted.</summary>
    public static SymmetricKey FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length is >= MinBytes and <= MaxBytes ? new(bytes.ToArray()) : throw new ArgumentException(Rule, nameof(bytes));

    public string ToBase64() => Convert.ToBase64String(_bytes);

    public bool Equals(SymmetricKey? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public override bool Equals(object? obj) => Equals(obj as SymmetricKey);

    public override int GetHashCode() => BitConverter.ToInt32(SHA256.HashData(_bytes));

    public override string ToString() => nameof(SymmetricKey);
}
