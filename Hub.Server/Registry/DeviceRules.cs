using Hub.Shared.Devices;

namespace Hub.Server.Registry;

/// <summary>The rules of a registration, each fault told in one sentence that says what to do.</summary>
internal static class DeviceRules
{
    public const int MaxStatusReason = 128;
    public const int MaxTags = 50;
    public const int MaxTagName = 128;
    public const int MaxTagValue = 512;

    /// <summary>What is wrong with the change taken by itself; null when nothing is.</summary>
    public static string? Check(DeviceChange change)
    {
        if (change.StatusReason is { Length: > MaxStatusReason })
            return $"statusReason has at most {MaxStatusReason} characters.";
        if (!IsKeyOrAbsent(change.PrimaryKey) || !IsKeyOrAbsent(change.SecondaryKey))
            return SymmetricKey.Rule;
        if (!IsThumbprintOrAbsent(change.PrimaryThumbprint) || !IsThumbprintOrAbsent(change.SecondaryThumbprint))
            return "A thumbprint is 40 (SHA-1) or 64 (SHA-256) hex digits.";
        return change.Tags is null ? null : CheckTags(change.Tags);
    }

    /// <summary>What is wrong with the credentials that a change leads to; null when nothing is.</summary>
    public static string? Check(DeviceCredentials credentials) =>
        credentials is DeviceCredentials.Thumbprints { Primary: null, Secondary: null } ? "A device with certificates needs at least one thumbprint." : null;

    /// <summary>The credentials after a checked change; keys left out are kept, or generated when there were none.</summary>
    public static DeviceCredentials CredentialsOf(DeviceChange change, DeviceCredentials? before) =>
        (change.AuthenticationType ?? TypeOf(change) ?? before?.Type ?? AuthenticationType.Sas) switch
        {
            AuthenticationType.SelfSigned => new DeviceCredentials.Thumbprints(
                ThumbprintOr(change.PrimaryThumbprint, (before as DeviceCredentials.Thumbprints)?.Primary),
                ThumbprintOr(change.SecondaryThumbprint, (before as DeviceCredentials.Thumbprints)?.Secondary)),
            AuthenticationType.None => new DeviceCredentials.None(),
            _ => new DeviceCredentials.SymmetricKeys(
                KeyOr(change.PrimaryKey, (before as DeviceCredentials.SymmetricKeys)?.Primary),
                KeyOr(change.SecondaryKey, (before as DeviceCredentials.SymmetricKeys)?.Secondary)),
        };

    private static AuthenticationType? TypeOf(DeviceChange change) =>
        !string.IsNullOrEmpty(change.PrimaryThumbprint) || !string.IsNullOrEmpty(change.SecondaryThumbprint) ? AuthenticationType.SelfSigned
        : !string.IsNullOrEmpty(change.PrimaryKey) || !string.IsNullOrEmpty(change.SecondaryKey) ? AuthenticationType.Sas
        : null;

    private static SymmetricKey KeyOr(string? base64, SymmetricKey? before) =>
        SymmetricKey.TryParse(base64, out var key) ? key : before ?? SymmetricKey.Generate();

    private static string? ThumbprintOr(string? thumbprint, string? before) =>
        thumbprint is null ? before : thumbprint.Length == 0 ? null : thumbprint.ToUpperInvariant();

    private static bool IsKeyOrAbsent(string? key) => string.IsNullOrEmpty(key) || SymmetricKey.TryParse(key, out _);

    private static bool IsThumbprintOrAbsent(string? thumbprint) =>
        string.IsNullOrEmpty(thumbprint) || (thumbprint.Length is 40 or 64 && thumbprint.All(char.IsAsciiHexDigit));

    private static string? CheckTags(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count > MaxTags)
            return $"A device has at most {MaxTags} tags.";
        foreach (var (name, value) in tags)
        {
            if (name.Length is 0 or > MaxTagName || name.Contains('=', StringComparison.Ordinal) || name.Any(char.IsControl))
                return $"A tag's name has 1 to {MaxTagName} characters, without '=' and control characters.";
            if (value is null || value.Length > MaxTagValue)
                return $"A tag's value has at most {MaxTagValue} characters.";
        }

        return null;
    }
}
