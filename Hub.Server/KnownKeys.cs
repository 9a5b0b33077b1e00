using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace Hub.Server;

/// <summary>
/// Finds what cannot be meant before anything is bound: keys under <c>Hub</c> that no room reads (a misspelt one would otherwise be an
/// option that does nothing) and values of the wrong kind. The keys are those of the options classes, each of which names its section
/// in a constant <c>Section</c>.
/// </summary>
internal static class KnownKeys
{
    private const string Root = "Hub";
    private const string Logging = "Logging";

    /// <summary>A sentence about the first fault; null when there is none.</summary>
    public static string? FindFault(IConfiguration configuration)
    {
        var known = Collect();
        return configuration.GetSection(Root).AsEnumerable()
            .OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .Select(pair => Judge(configuration, pair.Key, pair.Value, known))
            .Concat(configuration.GetSection(Logging).AsEnumerable().Select(pair => JudgeLevel(pair.Key, pair.Value)))
            .FirstOrDefault(fault => fault is not null);
    }

    private static Dictionary<string, PropertyInfo> Collect()
    {
        var keys = new Dictionary<string, PropertyInfo>(StringComparer.OrdinalIgnoreCase);
        foreach (var type in typeof(KnownKeys).Assembly.GetTypes())
        {
            if (type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() is not string section)
                continue;
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
                keys.Add($"{section}:{property.Name}", property);
        }

        return keys;
    }

    private static string? Judge(IConfiguration configuration, string key, string? value, Dictionary<string, PropertyInfo> known)
    {
        if (known.TryGetValue(key, out var property))
        {
            if (IsList(property))
                return string.IsNullOrEmpty(value) ? null : $"{key} is a list: set {key}:0, {key}:1 and so on, each to one item.";
            return value is not null ? JudgeKind(key, value, property)
                : configuration.GetSection(key).GetChildren().Any() ? null
                : $"{key} is null; give it a value, or remove it to use its default.";
        }

        // The environment may hold a variable HUB of some other program, which means nothing here.
        if (value is null || key.Equals(Root, StringComparison.OrdinalIgnoreCase) || IsItem(key, known))
            return null;
        if (known.Keys.Where(other => other.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).FirstOrDefault() is { } under)
            return value.Length == 0 ? null : $"{key} is a section, not a setting: set a key under it, such as {under}, and remove the value.";
        return $"The setting {key} is unknown: correct its name, or remove it (docs/configuration.md lists all).";
    }

    private static bool IsList(PropertyInfo property) => property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable));

    /// <summary>Whether a key is the item of a list (<c>…:0</c>).</summary>
    private static bool IsItem(string key, Dictionary<string, PropertyInfo> known)
    {
        var colon = key.LastIndexOf(':');
        return colon > 0 && int.TryParse(key.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && known.TryGetValue(key[..colon], out var list) && IsList(list);
    }

    /// <summary>Tries what the binder does later, which says in its own words, with a stack trace, what did not work.</summary>
    private static string? JudgeKind(string key, string value, PropertyInfo property)
    {
        try
        {
            if ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) == typeof(TimeSpan) && !SettingText.IsPlainSpan(value))
                throw new FormatException();
            _ = TypeDescriptor.GetConverter(property.PropertyType).ConvertFromInvariantString(value);
            return null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return $"{key} is {SettingText.Show(property, value)}; {SettingText.Expected(property)} is expected.";
        }
    }

    private static string? JudgeLevel(string key, string? value)
    {
        var isLevel = key.Split(':') is [.., "LogLevel", _];
        return !isLevel || string.IsNullOrEmpty(value) || Enum.TryParse<LogLevel>(value, ignoreCase: true, out _) ? null
            : $"{key} is '{value}'; one of {string.Join(", ", Enum.GetNames<LogLevel>())} is expected.";
    }
}
