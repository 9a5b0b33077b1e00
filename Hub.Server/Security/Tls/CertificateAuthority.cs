using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hub.Server.Registry;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Tls;

/// <summary>
/// The hub's own authority, under <c>{DataDirectory}/tls</c>. The authority is made once and kept, since clients trust its
/// <c>ca.pem</c>; the server's certificate is made anew when the hub's names change or its end comes near. Private keys have mode 0600.
/// Singleton; used by <see cref="ServerCertificate"/> only.
/// </summary>
internal sealed class CertificateAuthority(IOptions<HubOptions> hub, TimeProvider time)
{
    private const int AuthorityYears = 20;
    private const int SerialBytes = 16;

    /// <summary>More than this is refused by some platforms, whoever issued it.</summary>
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private readonly string _folder = Path.Combine(hub.Value.FullDataDirectory, "tls");

    public string CertificatePath => Path.Combine(_folder, "ca.pem");

    public string ServerCertificatePath => Path.Combine(_folder, "server.pem");

    public string ServerKeyPath => Path.Combine(_folder, "server.key");

    private string KeyPath => Path.Combine(_folder, "ca.key");

    /// <summary>Makes what is missing, and the server's certificate when it no longer fits. True when it made one.</summary>
    public bool EnsureServerCertificate()
    {
        using var authority = EnsureAuthority();
        if (Fits(authority))
            return false;

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Names()[0]}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(AlternativeNames());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = time.GetUtcNow();
        // An hour back, for clients whose clock is a little behind.
        using var certificate = request.Create(authority, now.AddHours(-1), now + ServerLifetime, Serial());
        Write(ServerKeyPath, key.ExportPkcs8PrivateKeyPem());
        Write(ServerCertificatePath, $"{certificate.ExportCertificatePem()}\n{authority.ExportCertificatePem()}");
        return true;
    }

    private X509Certificate2 EnsureAuthority()
    {
        if (File.Exists(CertificatePath) && File.Exists(KeyPath))
            return PemPair.Read(CertificatePath, KeyPath).Certificate;

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // A name of its own, so that a client that trusts two hubs can tell their authorities apart.
        var request = new CertificateRequest($"CN=Hub CA {RandomNumberGenerator.GetHexString(8)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(AuthorityYears));
        Write(KeyPath, key.ExportPkcs8PrivateKeyPem());
        Write(CertificatePath, made.ExportCertificatePem());
        return X509Certificate2.CreateFromPemFile(CertificatePath, KeyPath);
    }

    /// <summary>Whether the certificate that lies there is this authority's, for exactly the names of today, and lasts a while.</summary>
    private bool Fits(X509Certificate2 authority)
    {
        if (!File.Exists(ServerCertificatePath) || !File.Exists(ServerKeyPath))
            return false;
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(ServerCertificatePath, ServerKeyPath);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // A stop between the two writes leaves files that do not belong together.
            return false;
        }

        using (certificate)
        {
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault();
            return names is not null
                && NamesIn(names).ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(Names())
                && certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().SingleOrDefault() is { } issuer
                && issuer.RawData.AsSpan().SequenceEqual(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false).RawData)
                && new DateTimeOffset(certificate.NotAfter) - time.GetUtcNow() > RenewBefore;
        }
    }

    private string[] Names() =>
        [.. new[] { hub.Value.HostName }.Concat(hub.Value.HostNameAliases).Concat(["localhost", "127.0.0.1", "::1"]).Distinct(StringComparer.OrdinalIgnoreCase)];

    private static IEnumerable<string> NamesIn(X509SubjectAlternativeNameExtension names) =>
        names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString()));

    private X509Extension AlternativeNames()
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in Names())
        {
            if (IPAddress.TryParse(name, out var address))
                builder.AddIpAddress(address);
            else
                builder.AddDnsName(name);
        }

        return builder.Build();
    }

    /// <summary>Random and positive, as RFC 5280 section 4.1.2.2 wants it.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }

    private static void Write(string path, string pem) => PrivateFile.Write(path, Encoding.ASCII.GetBytes(pem + "\n"), replace: true);
}
