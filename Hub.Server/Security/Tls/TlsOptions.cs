namespace Hub.Server.Security.Tls;

/// <summary>The certificate with which the hub shows itself.</summary>
internal sealed class TlsOptions
{
    public const string Section = "Hub:Tls";

    /// <summary>A PEM file with the server's certificate, followed by those between it and its authority; empty: the hub makes its own.</summary>
    public string CertificatePath { get; init; } = string.Empty;

    /// <summary>A PEM file with the certificate's private key, unencrypted.</summary>
    public string KeyPath { get; init; } = string.Empty;

    public bool BringsOwnCertificate => CertificatePath.Length > 0;
}
