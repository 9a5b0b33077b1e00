using System.Text.Json;
using Hub.Shared.Messages;

namespace Hub.Portal.Messages;

/// <summary>
/// Property names and JSON paths seen so far, to choose columns from. Bounded, since devices make names up. Owned by a page's state and
/// used by its thread only.
/// </summary>
public sealed class KnownNames
{
    public const int MaxNames = 200;
    private const int MaxDepth = 4;
    private const int MaxElements = 4;

    private readonly SortedSet<string> _properties = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _systemProperties = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, MessageColumn> _paths = new(StringComparer.Ordinal);

    public IEnumerable<string> Properties => _properties;

    public IEnumerable<string> SystemProperties => _systemProperties;

    /// <summary>The paths of single values.</summary>
    public IEnumerable<MessageColumn> Paths => _paths.Values;

    public void Learn(TelemetryItem item)
    {
        foreach (var name in item.Properties.Keys)
            Add(_properties, name);
        foreach (var name in item.SystemProperties.Keys)
            Add(_systemProperties, name);
        if (item.BodyEncoding == BodyEncoding.Json)
            Walk(item.Body, JsonPath.Root, 0);
    }

    private static void Add(SortedSet<string> names, string name)
    {
        if (names.Count < MaxNames)
            names.Add(name);
    }

    private void Walk(JsonElement element, JsonPath path, int depth)
    {
        if (_paths.Count >= MaxNames)
            return;
        if (element.ValueKind == JsonValueKind.Object && depth < MaxDepth)
        {
            foreach (var member in element.EnumerateObject().Take(MaxNames))
                Walk(member.Value, path.Member(member.Name), depth + 1);
        }
        else if (element.ValueKind == JsonValueKind.Array && depth < MaxDepth)
        {
            var index = 0;
            foreach (var value in element.EnumerateArray().Take(MaxElements))
                Walk(value, path.Element(index++), depth + 1);
        }
        else if (depth > 0)
        {
            _paths.TryAdd(path.ToString(), MessageColumn.At(path));
        }
    }
}
