using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hub.Server;

/// <summary>
/// For rooms: makes what strangers wrote fit to stand in a log, a history or an answer. It cannot break a line, steer a terminal or turn
/// about what stands beside it, and it can be stored and sent on.
/// </summary>
internal static class ForeignText
{
    /// <summary>Cuts a text to so many characters, and puts <c>?</c> where one has no shape of its own or is half of one.</summary>
    public static string Clean(string text, int maxLength)
    {
        var isCut = text.Length > maxLength;
        // No half of a character is left at the cut.
        var rest = text.AsSpan(0, !isCut ? text.Length : char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength);
        if (!isCut && IsClean(rest))
            return text;

        var clean = new StringBuilder(rest.Length + 1);
        while (!rest.IsEmpty)
        {
            var isWhole = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            clean.Append(isWhole && !IsHarmful(rune) ? rest[..length] : "?");
            rest = rest[length..];
        }

        return isCut ? clean.Append('…').ToString() : clean.ToString();
    }

    private static bool IsClean(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (character is < ' ' or > '~')
                return false;
        }

        return true;
    }

    private static bool IsHarmful(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
