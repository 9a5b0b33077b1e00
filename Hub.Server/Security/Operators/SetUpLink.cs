using System.Security.Cryptography;
using System.Text;

namespace Hub.Server.Security.Operators;

/// <summary>
/// The one-time link of a hub without operators: a random token of which only the hash is kept once it was printed. It ends with its
/// use or with the process. Singleton; safe from any thread.
/// </summary>
internal sealed class SetUpLink
{
    private const int TokenBytes = 32;

    private volatile byte[]? _hash;

    /// <summary>True while no operator exists.</summary>
    public bool IsOpen => _hash is not null;

    /// <summary>What to print; null when no link is needed, or it was forgotten.</summary>
    public string? TokenToPrint { get; private set; }

    public void Open()
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        TokenToPrint = token;
        _hash = HashOf(token);
    }

    /// <summary>To be called once it was printed.</summary>
    public void ForgetToken() => TokenToPrint = null;

    public bool Matches(string? token) =>
        _hash is { } hash && token is not null && CryptographicOperations.FixedTimeEquals(HashOf(token), hash);

    public void Close()
    {
        _hash = null;
        TokenToPrint = null;
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
