using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hub.Portal.Messages;

/// <summary>
/// Makes text of unknown origin safe to read: control characters and those that change the direction of writing are shown instead of
/// obeyed, so that what an operator sees is what was sent. (That nothing runs is the markup's part: text is always rendered as text.)
/// </summary>
public static class VisibleText
{
    // Bidirectional controls (Unicode TR 9, 2.1 to 2.6), zero-width characters, line separators that browsers do not break at, the BOM.
    private static readonly SearchValues<char> Hidden = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017" +
        "\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F\u0085\u00AD\u061C\u200B\u200C\u200D\u200E\u200F\u2028\u2029\u202A\u202B\u202C" +
        "\u202D\u202E\u2060\u2066\u2067\u2068\u2069\uFEFF");

    private static readonly SearchValues<char> HiddenOrLayout = SearchValues.Create(
        "\t\r\n\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017" +
        "\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\u007F\u0085\u00AD\u061C\u200B\u200C\u200D\u200E\u200F\u2028\u2029\u202A\u202B\u202C" +
        "\u202D\u202E\u2060\u2066\u2067\u2068\u2069\uFEFF");

    /// <summary>For a view of several lines: tabs and line ends stay.</summary>
    public static string Block(string text) => Show(text, Hidden);

    /// <summary>For one line: tabs and line ends are shown too.</summary>
    public static string Line(string text) => Show(text, HiddenOrLayout);

    private static string Show(string text, SearchValues<char> hidden)
    {
        var at = text.AsSpan().IndexOfAny(hidden);
        if (at < 0)
            return text;

        var shown = new StringBuilder(text.Length + 16);
        var rest = text.AsSpan();
        while (at >= 0)
        {
            shown.Append(rest[..at]).Append(Symbol(rest[at]));
            rest = rest[(at + 1)..];
            at = rest.IndexOfAny(hidden);
        }

        return shown.Append(rest).ToString();
    }

    private static string Symbol(char c) => c switch
    {
        // The block "control pictures" has one for each of the first 32.
        < ' ' => ((char)(0x2400 + c)).ToString(),
        '\u007F' => "\u2421",
        _ => string.Create(CultureInfo.InvariantCulture, $"[U+{(int)c:X4}]"),
    };
}
