using Microsoft.Extensions.Options;

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

/// <summary>The rules that concern both paths.</summary>
internal sealed class TlsOptionsValidator : IValidateOptions<TlsOptions>
{
    public ValidateOptionsResult Validate(string? name, TlsOptions options)
    {
        if ((options.CertificatePath.Length == 0) != (options.KeyPath.Length == 0))
        {
            var (missing, given) = options.KeyPath.Length == 0
                ? (nameof(TlsOptions.KeyPath), nameof(TlsOptions.CertificatePath))
                : (nameof(TlsOptions.CertificatePath), nameof(TlsOptions.KeyPath));
            return ValidateOptionsResult.Fail(
                $"{TlsOptions.Section}:{missing} is empty while {TlsOptions.Section}:{given} is set: "
                + "set both, or none to let the hub make its own certificate.");
        }

        var faults = new List<string>();
        AddIfMissing(nameof(TlsOptions.CertificatePath), options.CertificatePath);
        AddIfMissing(nameof(TlsOptions.KeyPath), options.KeyPath);
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;

        void AddIfMissing(string key, string path)
        {
            if (path.Length > 0 && !File.Exists(path))
                faults.Add($"{TlsOptions.Section}:{key}: there is no file {Path.GetFullPath(path)}; correct the path.");
        }
    }
}
