namespace Hub.Server.Security;

/// <summary>Encrypts keys for rest, each bound to its place, so that a row's secret cannot be moved to another row.</summary>
internal interface IKeyProtector
{
    /// <summary>The encrypted form.</summary>
    /// <param name="secret">The plain bytes.</param>
    /// <param name="place">Where it will rest, such as <c>device|d1|primary</c>.</param>
    byte[] Protect(ReadOnlySpan<byte> secret, string place);

    /// <summary>The plain bytes.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It was encrypted with another key, for another place, or was changed.</exception>
    byte[] Unprotect(ReadOnlySpan<byte> protectedSecret, string place);
}
