using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Hub.Cli.Common;

/// <summary>Times as people type them: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>2h</c>, <c>30d</c>.</summary>
internal static class Durations
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // K takes Z, an offset, or none.
    private static readonly string[] Moments = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <param name="name">The option.</param>
    /// <param name="description">What it says of itself.</param>
    /// <param name="standard">What it is when left out.</param>
    /// <param name="longest">The longest that it takes; a day when left out.</param>
    public static Option<TimeSpan> Option(string name, string description, TimeSpan standard, TimeSpan? longest = null) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result => Parse(result, longest ?? Day),
    };

    /// <summary>Null when the text is no time between 0 and the longest, which is a day when left out.</summary>
    public static TimeSpan? TryParse(string text, TimeSpan? longest = null)
    {
        (string Unit, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
        foreach (var (unit, seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds <= (longest ?? Day).TotalSeconds)
                return TimeSpan.FromSeconds(number * seconds);
        }

        return null;
    }

    /// <summary>So long ago, or a date with or without a time of day (ISO 8601; UTC when it names no zone). Null when it is neither.</summary>
    public static DateTimeOffset? TryParseMoment(string text, DateTimeOffset now) =>
        TryParse(text, now - DateTimeOffset.UnixEpoch) is { } ago ? now - ago
        : DateTimeOffset.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment) ? moment
        : null;

    private static TimeSpan Parse(ArgumentResult result, TimeSpan longest)
    {
        var parsed = TryParse(result.Tokens[0].Value, longest);
        if (parsed is null)
            result.AddError($"'{result.Tokens[0].Value}' is no time: write {(longest > Day ? "10m, 8h or 30d" : "500ms, 10s, 5m or 2h")}, at most {(longest > Day ? $"{longest.TotalDays:0}d" : "24h")}.");
        return parsed ?? TimeSpan.Zero;
    }
}
