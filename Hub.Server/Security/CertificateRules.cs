using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hub.Server.Security;

/// <summary>
/// What a device's certificate must be besides known by its thumbprint. Names in it are never looked at: the thumbprint names the
/// certificate exactly, and a common name can be written by anybody.
/// </summary>
internal static class CertificateRules
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string AnyPurpose = "2.5.29.37.0";

    /// <summary>Signatures whose hash can be collided: MD2, MD5 and SHA-1 with RSA, DSA and ECDSA.</summary>
    private static readonly HashSet<string> WeakSignatures =
    [
        "1.2.840.113549.1.1.2", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10040.4.3", "1.2.840.10045.4.1",
    ];

    /// <summary>Why the certificate cannot be taken now, in words; null when it can.</summary>
    public static string? Fault(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (now < NotBefore(certificate))
            return $"The certificate is not valid before {NotBefore(certificate):u}.";
        if (now >= NotAfter(certificate))
            return $"The certificate expired at {NotAfter(certificate):u}.";
        if (certificate.SignatureAlgorithm.Value is { } algorithm && WeakSignatures.Contains(algorithm))
            return "The certificate is signed with a broken hash; it needs SHA-256 or better.";
        return certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().All(AllowsClients)
            ? null
            : "The certificate's extended key usage does not include client authentication.";
    }

    public static DateTimeOffset NotAfter(X509Certificate2 certificate) => new(certificate.NotAfter);

    /// <summary>Whether the registered thumbprint, SHA-1 or SHA-256, is the one of this certificate.</summary>
    public static bool IsThumbprintOf(X509Certificate2 certificate, string? registered)
    {
        if (registered is null)
            return false;
        var algorithm = registered.Length == SHA1.HashSizeInBytes * 2 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        return string.Equals(certificate.GetCertHashString(algorithm), registered, StringComparison.OrdinalIgnoreCase);
    }

    private static DateTimeOffset NotBefore(X509Certificate2 certificate) => new(certificate.NotBefore);

    private static bool AllowsClients(X509EnhancedKeyUsageExtension usages) =>
        usages.EnhancedKeyUsages.Cast<Oid>().Any(usage => usage.Value is ClientAuthentication or AnyPurpose);
}
