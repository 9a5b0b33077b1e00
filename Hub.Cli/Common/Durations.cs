using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Hub.Cli.Common;

/// <summary>Times as people type them: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>2h</c>.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static Option<TimeSpan> Option(string name, string description, TimeSpan standard) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = Parse,
    };

    /// <summary>Null when the text is no time between 0 and a day.</summary>
    public static TimeSpan? TryParse(string text)
    {
        (string Unit, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];
        foreach (var (unit, seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds <= Longest.TotalSeconds)
                return TimeSpan.FromSeconds(number * seconds);
        }

        return null;
    }

    private static TimeSpan Parse(ArgumentResult result)
    {
        var parsed = TryParse(result.Tokens[0].Value);
        if (parsed is null)
            result.AddError($"'{result.Tokens[0].Value}' is no time: write 500ms, 10s, 5m or 2h, at most 24h.");
        return parsed ?? TimeSpan.Zero;
    }
}
