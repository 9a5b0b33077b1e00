using System.Security.Cryptography;
using System.Text;
using Hub.Server.Security;

namespace Hub.Tests.Support;

/// <summary>AES-GCM under a key of its own, bound to the place: what a store can rely on, without key files.</summary>
internal sealed class TestKeyProtector : IKeyProtector
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public byte[] Protect(ReadOnlySpan<byte> secret, string place)
    {
        var result = new byte[NonceBytes + TagBytes + secret.Length];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(result.AsSpan(0, NonceBytes), secret, result.AsSpan(NonceBytes + TagBytes), result.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return result;
    }

    public byte[] Unprotect(ReadOnlySpan<byte> protectedSecret, string place)
    {
        var secret = new byte[protectedSecret.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(protectedSecret[..NonceBytes], protectedSecret[(NonceBytes + TagBytes)..], protectedSecret.Slice(NonceBytes, TagBytes), secret, Encoding.UTF8.GetBytes(place));
        return secret;
    }
}
