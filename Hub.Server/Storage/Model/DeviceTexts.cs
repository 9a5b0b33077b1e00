using System.Text;
using Hub.Server.Registry;

namespace Hub.Server.Storage.Model;

/// <summary>
/// The text by which a device is found. Its parts are set apart by a control character that is escaped inside of them, so that nothing
/// is found across a border.
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

    /// <summary>NUL is escaped too: SQLite's text functions end at it.</summary>
    private static string Plain(string part) => part
        .Replace("\u001e", $"{Escape}0", StringComparison.Ordinal)
        .Replace("\u001f", $"{Escape}1", StringComparison.Ordinal)
        .Replace("\0", $"{Escape}2", StringComparison.Ordinal);
}
