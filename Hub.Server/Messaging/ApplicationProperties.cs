using System.Text;

namespace Hub.Server.Messaging;

/// <summary>A sender's own properties, in the sender's order, names unique by ordinal. Immutable.</summary>
internal sealed class ApplicationProperties
{
    public static readonly ApplicationProperties Empty = new([]);

    private readonly KeyValuePair<string, string>[] _items;

    private ApplicationProperties(KeyValuePair<string, string>[] items)
    {
        _items = items;
        Size = items.Sum(item => Encoding.UTF8.GetByteCount(item.Key) + Encoding.UTF8.GetByteCount(item.Value));
    }

    public IReadOnlyList<KeyValuePair<string, string>> Items => _items;

    /// <summary>The UTF-8 bytes of all names and values.</summary>
    public int Size { get; }

    /// <summary>The value of a property, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var item in _items)
            {
                if (item.Key == name)
                    return item.Value;
            }

            return null;
        }
    }

    /// <summary>
    /// Takes what a sender set: names of the hub's stamps are left out, and of a name given twice the last value counts, at the first
    /// one's place.
    /// </summary>
    public static ApplicationProperties Create(IEnumerable<KeyValuePair<string, string>> items)
    {
        var kept = new List<KeyValuePair<string, string>>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (HubStamps.IsStamp(item.Key))
                continue;
            if (places.TryAdd(item.Key, kept.Count))
                kept.Add(item);
            else
                kept[places[item.Key]] = item;
        }

        return kept.Count == 0 ? Empty : new ApplicationProperties([.. kept]);
    }
}
