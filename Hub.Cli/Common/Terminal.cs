using System.Globalization;

namespace Hub.Cli.Common;

/// <summary>Text for a terminal.</summary>
internal static class Terminal
{
    /// <summary>The columns of the terminal that <paramref name="output"/> is; null when it is a file, a pipe or a test.</summary>
    public static int? WidthOf(TextWriter output) =>
        ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && Console.WindowWidth is > 0 and var width ? width : null;

    /// <summary>
    /// What others wrote must not steer the terminal, nor turn about what stands on its line: control characters and those that
    /// change the direction become visible ones.
    /// </summary>
    public static string Harmless(string text) =>
        text.Any(IsHarmful) ? string.Concat(text.Select(c => IsHarmful(c) ? '\uFFFD' : c)) : text;

    private static bool IsHarmful(char c) =>
        char.IsControl(c) || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\u200E' or '\u200F'
        || char.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
