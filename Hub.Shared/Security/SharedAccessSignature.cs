using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Hub.Shared.Security;

/// <summary>
/// A shared access signature (wire contract, section 4):
/// <c>SharedAccessSignature sr={resource}&amp;sig={signature}&amp;se={expiry}[&amp;skn={policy}]</c>, its fields in any order.
/// The signature covers <c>{sr as it appears encoded}\n{se}</c>.
/// </summary>
public sealed class SharedAccessSignature
{
    /// <summary>How a token begins.</summary>
    public const string Scheme = "SharedAccessSignature";

    private const int MaxLength = 4096;

    private SharedAccessSignature(string encodedResource, byte[] signature, string expiryText, long expiry, string? policyName)
    {
        EncodedResource = encodedResource;
        Resource = WebUtility.UrlDecode(encodedResource);
        Signature = signature;
        ExpiryText = expiryText;
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(expiry);
        PolicyName = policyName;
    }

    /// <summary>The resource, decoded once.</summary>
    public string Resource { get; }

    /// <summary>When the token ends; no grace is given.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>The policy whose key signed; null when the device's own key did.</summary>
    public string? PolicyName { get; }

    private string EncodedResource { get; }

    private byte[] Signature { get; }

    private string ExpiryText { get; }

    /// <summary>Reads a token; null when it is none.</summary>
    public static SharedAccessSignature? TryParse(string? token)
    {
        if (token is null || token.Length > MaxLength || !token.StartsWith(Scheme + " ", StringComparison.Ordinal))
            return null;

        string? resource = null, signature = null, expiry = null, policy = null;
        foreach (var field in token[(Scheme.Length + 1)..].Split('&'))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                return null;
            var value = field[(equals + 1)..];
            // A field given twice is no token: which of the two was meant would be a guess.
            switch (field[..equals])
            {
                case "sr" when resource is null: resource = value; break;
                case "sig" when signature is null: signature = value; break;
                case "se" when expiry is null: expiry = value; break;
                case "skn" when policy is null: policy = value; break;
                case "sr" or "sig" or "se" or "skn": return null;
            }
        }

        if (string.IsNullOrEmpty(resource) || signature is null || expiry is null
            || !long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return null;

        // The base64 may stand raw, with '+' unescaped: only %XX is decoded here, '+' stays.
        var bytes = new byte[SHA256.HashSizeInBytes];
        return Convert.TryFromBase64String(Uri.UnescapeDataString(signature), bytes, out var written) && written == bytes.Length
            ? new SharedAccessSignature(resource, bytes, expiry, seconds, string.IsNullOrEmpty(policy) ? null : WebUtility.UrlDecode(policy))
            : null;
    }

    /// <summary>Makes a token for a resource such as <c>localhost/devices/d1</c>, signed with a base64 key.</summary>
    /// <exception cref="FormatException">The key is no base64.</exception>
    public static string Create(string resource, string key, DateTimeOffset expiresAt, string? policyName = null)
    {
        var encoded = WebUtility.UrlEncode(resource);
        var expiry = expiresAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = WebUtility.UrlEncode(Convert.ToBase64String(Sign(encoded, expiry, Convert.FromBase64String(key))));
        var token = $"{Scheme} sr={encoded}&sig={signature}&se={expiry}";
        return policyName is null ? token : $"{token}&skn={WebUtility.UrlEncode(policyName)}";
    }

    /// <summary>Whether the key made this signature; takes the same time whatever the answer.</summary>
    public bool IsSignedWith(ReadOnlySpan<byte> key) =>
        CryptographicOperations.FixedTimeEquals(Sign(EncodedResource, ExpiryText, key), Signature);

    /// <summary>Keeps the signature out of logs and messages.</summary>
    public override string ToString() => $"{Scheme} sr={EncodedResource}";

    private static byte[] Sign(string encodedResource, string expiry, ReadOnlySpan<byte> key) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{encodedResource}\n{expiry}"));
}
