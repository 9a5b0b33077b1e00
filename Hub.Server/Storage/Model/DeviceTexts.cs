using System.Collections.Immutable;
using System.Text;
using Hub.Server.Registry;

namespace Hub.Server.Storage.Model;

/// <summary>
/// The texts by which devices are found, and what is looked for in them. Parts are set apart by a control character that is escaped
/// inside of them, so that nothing is found across a border and no tag can pretend to be another.
/// </summary>
internal static class DeviceTexts
{
    private const char Border = '\u001f';
    private const char Escape = '\u001e';

    /// <summary>Id, names and values in lower case.</summary>
    public static string SearchTextOf(Device device)
    {
        var text = new StringBuilder(Plain(device.Id.Value));
        foreach (var (name, value) in device.Tags)
            text.Append(Border).Append(Plain(name)).Append(Border).Append(Plain(value));
        return text.ToString().ToLowerInvariant();
    }

    /// <summary>What <c>q</c> looks for in the search text.</summary>
    public static string SearchFor(string q) => Plain(q).ToLowerInvariant();

    /// <summary>Each tag as <c>name=value</c> between two borders.</summary>
    public static string TagTextOf(ImmutableSortedDictionary<string, string> tags)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
            text.Append(Border).Append(Plain(name)).Append('=').Append(Plain(value)).Append(Border);
        return text.ToString();
    }

    /// <summary>What <c>tag</c> (a name, or a name and a value with the first '=' between them) looks for in the tag text.</summary>
    public static string TagFor(string tag) =>
        tag.Contains('=', StringComparison.Ordinal) ? $"{Border}{Plain(tag)}{Border}" : $"{Border}{Plain(tag)}=";

    /// <summary>NUL is escaped too: SQLite's text functions end at it.</summary>
    private static string Plain(string part) => part
        .Replace("\u001e", $"{Escape}0", StringComparison.Ordinal)
        .Replace("\u001f", $"{Escape}1", StringComparison.Ordinal)
        .Replace("\0", $"{Escape}2", StringComparison.Ordinal);
}
