using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hub.Server.Security.Tls;

/// <summary>A certificate with its key and the certificates that lead to its authority, as read from two PEM files.</summary>
internal sealed record PemPair(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <exception cref="CryptographicException">The files hold no certificate, no key, or two that do not belong together.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static PemPair Read(string certificatePath, string keyPath)
    {
        var pem = File.ReadAllText(certificatePath);
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(pem, File.ReadAllText(keyPath));
        }
        catch (ArgumentException e)
        {
            // The framework's own words for a key that does not belong to the certificate name neither file.
            throw new CryptographicException($"The key in {keyPath} does not belong to the certificate in {certificatePath}.", e);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        chain.RemoveAt(0);
        return new PemPair(ForTls(certificate), chain);
    }

    /// <summary>Windows' TLS cannot use a key that lives in memory only.</summary>
    private static X509Certificate2 ForTls(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
            return certificate;
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
