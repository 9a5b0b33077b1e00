using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Tls;

/// <summary>
/// What the doors show in a TLS handshake: the operator's certificate or the hub's own. New connections get what the files hold now,
/// soon after they change; a pair that cannot be used is logged and the one before stays. Singleton; safe from any thread.
/// </summary>
internal sealed partial class ServerCertificate
{
    private static readonly TimeSpan RenewalCheck = TimeSpan.FromHours(1);

    private readonly TlsOptions _options;
    private readonly CertificateAuthority _authority;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCertificate> _logger;
    private readonly Lock _lock = new();
    private byte[] _seen;
    private long _renewalChecked;
    private string? _reported;
    private volatile Handshake _current;

    /// <exception cref="SecretsUnreadableException">The certificate or its authority cannot be used.</exception>
    public ServerCertificate(IOptions<TlsOptions> options, CertificateAuthority authority, TimeProvider time, ILogger<ServerCertificate> logger)
    {
        _options = options.Value;
        _authority = authority;
        _time = time;
        _logger = logger;
        try
        {
            if (!_options.BringsOwnCertificate)
                authority.EnsureServerCertificate();
            _renewalChecked = time.GetTimestamp();
            _seen = Digest();
            _current = Handshake.Of(PemPair.Read(CertificatePath, KeyPath));
        }
        catch (Exception e) when (IsAboutFiles(e))
        {
            throw new SecretsUnreadableException(
                _options.BringsOwnCertificate
                    ? $"The certificate of {TlsOptions.Section}:{nameof(TlsOptions.CertificatePath)} and {TlsOptions.Section}:{nameof(TlsOptions.KeyPath)} "
                      + $"cannot be used ({e.Message.TrimEnd('.')}); correct the files."
                    : $"The hub's own certificate authority in {Path.GetDirectoryName(authority.CertificatePath)} cannot be used ({e.Message.TrimEnd('.')}): "
                      + "restore ca.pem and ca.key from a copy, or remove both and give the new ca.pem to the clients.",
                e);
        }
    }

    /// <summary>The authority that clients must trust, when it is the hub's own.</summary>
    public string? AuthorityPath => _options.BringsOwnCertificate ? null : _authority.CertificatePath;

    /// <summary>For a door that speaks HTTP.</summary>
    public SslServerAuthenticationOptions ForHttp => _current.Http;

    /// <summary>For a door that speaks a protocol of its own.</summary>
    public SslServerAuthenticationOptions ForRaw => _current.Raw;

    /// <summary>Renews the hub's own certificate when due, and takes over files that changed. True when connections get another from now on.</summary>
    public bool Refresh()
    {
        lock (_lock)
        {
            try
            {
                RenewWhenDue();
                var digest = Digest();
                if (digest.AsSpan().SequenceEqual(_seen))
                    return false;

                // Remembered before it is tried: a broken pair is reported once, and tried again when a file changes again.
                _seen = digest;
                var pair = PemPair.Read(CertificatePath, KeyPath);
                var end = new DateTimeOffset(pair.Certificate.NotAfter);
                if (end <= _time.GetUtcNow())
                    throw new CryptographicException($"The certificate in {CertificatePath} expired at {end:u}.");
                // Handshakes under way may still use the one before: it is left to the collector.
                _current = Handshake.Of(pair);
                _reported = null;
                Log.Replaced(_logger, CertificatePath, end);
                return true;
            }
            catch (Exception e) when (IsAboutFiles(e))
            {
                if (_reported != e.Message)
                    Log.Kept(_logger, CertificatePath, e.Message);
                _reported = e.Message;
                return false;
            }
        }
    }

    private string CertificatePath => _options.BringsOwnCertificate ? _options.CertificatePath : _authority.ServerCertificatePath;

    private string KeyPath => _options.BringsOwnCertificate ? _options.KeyPath : _authority.ServerKeyPath;

    /// <summary>Whether the fault lies in what the files hold or how they may be read, and so with whoever put them there.</summary>
    private static bool IsAboutFiles(Exception e) => e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException;

    private void RenewWhenDue()
    {
        if (_options.BringsOwnCertificate || _time.GetElapsedTime(_renewalChecked) < RenewalCheck)
            return;
        _renewalChecked = _time.GetTimestamp();
        _authority.EnsureServerCertificate();
    }

    /// <summary>By content, since a copy may keep the time and a link may change its target.</summary>
    private byte[] Digest() => SHA256.HashData([.. File.ReadAllBytes(CertificatePath), 0, .. File.ReadAllBytes(KeyPath)]);

    private sealed record Handshake(SslServerAuthenticationOptions Http, SslServerAuthenticationOptions Raw)
    {
        public static Handshake Of(PemPair pair)
        {
            // Offline: what a handshake sends is what the file holds; nothing is fetched from addresses written in a certificate.
            var context = SslStreamCertificateContext.Create(pair.Certificate, pair.Chain, offline: true);
            return new Handshake(
                OptionsFor(context, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]), OptionsFor(context, null));
        }

        private static SslServerAuthenticationOptions OptionsFor(SslStreamCertificateContext context, List<SslApplicationProtocol>? protocols) => new()
        {
            ServerCertificateContext = context,
            ApplicationProtocols = protocols,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            // Asked for, never demanded: devices with thumbprints show one. Any is taken here, since who it speaks for is decided by
            // its thumbprint in DeviceAuthenticator; no chain is judged, and none is fetched.
            ClientCertificateRequired = true,
#pragma warning disable CA5359 // The rule is about clients that trust any server.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck, VerificationFlags = X509VerificationFlags.AllFlags,
            },
        };
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Security + 10, LogLevel.Information, "New connections get the certificate in {Path}, valid until {End}.")]
        public static partial void Replaced(ILogger logger, string path, DateTimeOffset end);

        [LoggerMessage(EventIds.Security + 11, LogLevel.Error,
            "The changed certificate in {Path} cannot be used, and the one before stays: {Reason}")]
        public static partial void Kept(ILogger logger, string path, string reason);
    }
}
