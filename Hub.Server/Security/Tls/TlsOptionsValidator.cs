using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Hub.Server.Security.Tls;

/// <summary>Both paths or none, and files that hold a certificate and its key: a start must not end in the middle because of them.</summary>
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

        if (options.CertificatePath.Length == 0)
            return ValidateOptionsResult.Success;
        var faults = new List<string>();
        var certificate = ReadFile(nameof(TlsOptions.CertificatePath), options.CertificatePath, faults);
        _ = ReadFile(nameof(TlsOptions.KeyPath), options.KeyPath, faults);
        if (certificate is not null && !HoldsCertificates(certificate))
            faults.Add($"{TlsOptions.Section}:{nameof(TlsOptions.CertificatePath)}: {options.CertificatePath} holds no readable certificate in PEM; correct the path or the file.");
        if (faults.Count == 0 && !IsPair(options))
        {
            faults.Add(
                $"{TlsOptions.Section}:{nameof(TlsOptions.KeyPath)}: {options.KeyPath} holds no private key in PEM, unencrypted, that belongs to the certificate in "
                + $"{TlsOptions.Section}:{nameof(TlsOptions.CertificatePath)}; correct the path or the file.");
        }

        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }

    private static string? ReadFile(string key, string path, List<string> faults)
    {
        try
        {
            if (File.Exists(path))
                return File.ReadAllText(path);
            faults.Add($"{TlsOptions.Section}:{key}: there is no file {Path.GetFullPath(path)}; correct the path.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{TlsOptions.Section}:{key}: {path} cannot be read ({exception.Message.TrimEnd('.')}); let the hub's user read it, or correct the path.");
        }

        return null;
    }

    private static bool HoldsCertificates(string pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
            return found.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            foreach (var certificate in found)
                certificate.Dispose();
        }
    }

    private static bool IsPair(TlsOptions options)
    {
        try
        {
            PemPair.Read(options.CertificatePath, options.KeyPath).Certificate.Dispose();
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
