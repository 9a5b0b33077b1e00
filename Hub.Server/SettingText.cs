using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Hub.Server;

/// <summary>How settings, their values and what they may be are put into words.</summary>
internal static partial class SettingText
{
    /// <summary>The value between quotes, or words in its place when it is a secret.</summary>
    public static string Show(PropertyInfo property, object? value) =>
        property.GetCustomAttribute<DataTypeAttribute>() is { DataType: DataType.Password } ? "not usable (its value is not shown)"
        : string.Create(CultureInfo.InvariantCulture, $"'{value}'");

    public static string Limits(RangeAttribute range)
    {
        // A bound that says "as large as the type goes" tells a reader nothing.
        var to = range.Maximum is >= (double)long.MaxValue ? "or more" : string.Create(CultureInfo.InvariantCulture, $"to {range.Maximum}");
        return string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} {to}");
    }

    /// <summary>What a setting takes, for a value that is of another kind.</summary>
    public static string Expected(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var kind = type == typeof(bool) ? "true or false"
            : type == typeof(TimeSpan) ? "a span of time, written [DAYS.]HOURS:MINUTES:SECONDS such as 00:00:30 or 7.00:00:00"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
            : type.Name;
        return property.GetCustomAttribute<RangeAttribute>() is { } range ? $"{kind} ({Limits(range)})" : kind;
    }

    /// <summary>
    /// Whether a span of time can only be meant as it is read. The framework's parser also takes 7 for seven days, 1:30 for an hour and
    /// a half, and 24:00:00 for twenty-four days.
    /// </summary>
    public static bool IsPlainSpan(string value) => Span().IsMatch(value);

    [GeneratedRegex(@"^-?([0-9]+\.)?([01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Span();
}
