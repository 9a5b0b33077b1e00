namespace Hub.Cli.Common;

/// <summary>Options of the form <c>name=value</c>.</summary>
internal static class Pairs
{
    public static (string Name, string Value) Read(string option, string text, char separator = '=')
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at > 0 ? (text[..at], text[(at + 1)..]) : throw new UsageException($"{option} has to read name{separator}value, not '{text}'.");
    }
}
