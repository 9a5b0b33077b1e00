using System.Reflection;

namespace Hub.Server;

/// <summary>
/// Finds keys under <c>Hub</c> that no room reads: a misspelt key would otherwise be an option that does nothing. The keys are those of
/// the options classes, each of which names its section in a constant <c>Section</c>.
/// </summary>
internal static class KnownKeys
{
    private const string Root = "Hub";

    /// <summary>The first unknown key; null when all are known.</summary>
    public static string? FindUnknown(IConfiguration configuration)
    {
        var known = Collect();
        return configuration.GetSection(Root).AsEnumerable()
            .Where(pair => pair.Value is not null)
            .Select(pair => pair.Key)
            .Order(StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(key => !IsKnown(key, known));
    }

    private static HashSet<string> Collect()
    {
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var type in typeof(KnownKeys).Assembly.GetTypes())
        {
            if (type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() is not string section)
                continue;
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
                keys.Add($"{section}:{property.Name}");
        }

        return keys;
    }

    /// <summary>A key is known as it is, or as the item of a list (<c>…:0</c>).</summary>
    private static bool IsKnown(string key, HashSet<string> known)
    {
        if (known.Contains(key))
            return true;
        var colon = key.LastIndexOf(':');
        return colon > 0 && int.TryParse(key.AsSpan(colon + 1), out _) && known.Contains(key[..colon]);
    }
}
