using Hub.Shared.Devices;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Says what is wrong with an id while it is typed; <see cref="DeviceId"/> itself decides.</summary>
internal static class DeviceIdRule
{
    /// <summary>The fault in words; null when the text is an id.</summary>
    public static string? Fault(string text, IStringLocalizer<DevicesText> words)
    {
        if (DeviceId.TryParse(text, out _))
            return null;
        if (text.Length == 0)
            return words["IdNeeded"];
        if (text.Length > DeviceId.MaxLength)
            return words["IdTooLong", text.Length];
        if (text is "." or "..")
            return words["IdDots"];
        var wrong = text.EnumerateRunes().First(rune => !DeviceId.TryParse("a" + rune, out _)).ToString();
        return words["IdBadCharacter", string.IsNullOrWhiteSpace(wrong) ? words["Space"].Value : $"“{wrong}”"];
    }
}
