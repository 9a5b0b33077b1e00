using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Thumbprints as tools print them, with colons and spaces, and as the registry takes them.</summary>
internal static class Thumbprint
{
    /// <summary>Only the digits.</summary>
    public static string Clean(string text) => string.Concat(text.Where(c => c != ':' && !char.IsWhiteSpace(c))).ToUpperInvariant();

    /// <summary>The fault in words; null when the text is a thumbprint.</summary>
    public static string? Fault(string text, bool needed, IStringLocalizer<DevicesText> words)
    {
        var digits = Clean(text);
        if (digits.Length == 0)
            return needed ? words["ThumbprintNeeded"].Value : null;
        if (!digits.All(char.IsAsciiHexDigit))
            return words["ThumbprintNotHex"];
        return digits.Length is 40 or 64 ? null : words["ThumbprintBad", digits.Length].Value;
    }
}
