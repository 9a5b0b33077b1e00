using System.Globalization;

namespace Hub.Portal.Components;

/// <summary>Numbers as people read them.</summary>
public static class Quantity
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A whole number with thousands apart.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count in about five characters, rounded down, for where it must not grow.</summary>
    public static string Brief(long value) => value switch
    {
        < 10_000 => Count(value),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1_000}k"),
        < 100_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 100_000 / 10.0:0.0}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1_000_000:N0}M"),
    };

    /// <summary>A rate: a decimal only while it tells something.</summary>
    public static string Rate(double value) =>
        value.ToString(value is > 0 and < 10 ? "0.#" : "N0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in the unit that leaves at most four digits.</summary>
    public static string Bytes(long bytes)
    {
        var value = (double)bytes;
        var unit = 0;
        for (; value >= 1024 && unit < Units.Length - 1; unit++)
            value /= 1024;
        return $"{value.ToString(unit > 0 && value < 100 ? "0.#" : "0", CultureInfo.InvariantCulture)} {Units[unit]}";
    }
}
