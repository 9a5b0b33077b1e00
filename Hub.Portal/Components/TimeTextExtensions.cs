using System.Globalization;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Components;

/// <summary>Moments in words.</summary>
public static class TimeTextExtensions
{
    /// <summary>How a moment is written: sortable, to the second.</summary>
    public const string Format = "yyyy-MM-dd HH:mm:ss";

    /// <summary>How long ago it was; a clock that runs a little ahead of ours reads as now.</summary>
    public static string Ago(this IStringLocalizer<CommonText> text, DateTimeOffset value, DateTimeOffset now) =>
        (now - value) switch
        {
            { TotalSeconds: < 5 } => text["JustNow"],
            { TotalSeconds: < 60 } ago => text["SecondsAgo", (int)ago.TotalSeconds],
            { TotalMinutes: < 60 } ago => text["MinutesAgo", (int)ago.TotalMinutes],
            { TotalHours: < 48 } ago => text["HoursAgo", (int)ago.TotalHours],
            var ago => text["DaysAgo", (int)ago.TotalDays],
        };

    /// <summary>Both clocks, for the hover text.</summary>
    public static string LocalAndUtc(this IStringLocalizer<CommonText> text, DateTimeOffset value) =>
        text["LocalAndUtc", value.ToLocalTime().ToString(Format, CultureInfo.InvariantCulture), value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture)];
}
