using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hub.Cli.Common;

/// <summary>
/// Whose certificates a command takes: those the system trusts, or with <c>--ca</c> those signed by the authorities of a file. It
/// remembers why it refused the last one, since the exceptions of the several clients tell it in several ways or not at all.
/// </summary>
internal sealed class ServerTrust
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly string? _file;
    private volatile string? _refusal;

    private ServerTrust(string? file, X509Certificate2Collection? authorities) => (_file, _authorities) = (file, authorities);

    public static ServerTrust System { get; } = new(null, null);

    /// <summary>Trust in the authorities of a PEM file; in those of the system when there is none.</summary>
    public static ServerTrust Read(string? file)
    {
        if (file is null)
            return new ServerTrust(null, null);
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"The file of --ca cannot be read: {e.Message}");
        }

        return authorities.Count > 0 ? new ServerTrust(file, authorities) : throw new UsageException($"--ca {file} holds no certificate in PEM form.");
    }

    /// <summary>Answers a TLS client that asks whether the server's certificate will do.</summary>
    public bool Accepts(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        _refusal = certificate is null
            ? "it has none"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                ? $"it is for {NamesOf(certificate)}, and that is what --api and --url have to dial"
                : FaultOfChain(certificate, sent, errors);
        return _refusal is null;
    }

    /// <summary>Why a connection to <paramref name="where"/> did not come about, in a sentence.</summary>
    public string Explain(Exception fault, string where)
    {
        var tls = Innermost<AuthenticationException>(fault);
        if (tls is null)
            return $"No hub answers at {where}: {fault.GetBaseException().Message.TrimEnd('.')}.";
        return _refusal is { } refusal
            ? $"The certificate of {where} is not trusted: {refusal}."
            : $"No TLS connection to {where}: {tls.GetBaseException().Message.TrimEnd('.')}.";
    }

    private string? FaultOfChain(X509Certificate certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (_authorities is null)
        {
            return errors == SslPolicyErrors.None
                ? null
                : "no authority that this machine knows has signed it. Is it the hub's own? Then say --ca FILE; the hub names the file at its start, tls/ca.pem in its data directory";
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        if (chain.Build(new X509Certificate2(certificate)))
            return null;
        var reasons = string.Join(", ", chain.ChainStatus.Select(s => s.Status).Distinct());
        return $"the authority of --ca {_file} does not vouch for it ({reasons})";
    }

    private static string NamesOf(X509Certificate certificate)
    {
        using var full = new X509Certificate2(certificate);
        var names = full.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())));
        return string.Join(", ", names) is { Length: > 0 } all ? all : full.Subject;
    }

    private static T? Innermost<T>(Exception? fault)
        where T : Exception
    {
        T? found = null;
        for (; fault is not null; fault = fault.InnerException)
            found = fault as T ?? found;
        return found;
    }
}
