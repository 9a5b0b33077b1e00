using System.Text;
using Names = Hub.Shared.Messages.SystemPropertyNames;

namespace Hub.Server.Messaging;

/// <summary>
/// The system properties that a sender may set (wire contract, section 1.2), each under its JSON name
/// (<see cref="Names"/>). Immutable; absent means that the sender set none.
/// </summary>
internal sealed class SystemProperties
{
    public static readonly SystemProperties Empty = new([]);

    /// <summary>The names that a sender may set; all others of the contract are stamps of the hub.</summary>
    private static readonly HashSet<string> Settable = new(StringComparer.Ordinal)
    {
        Names.MessageId, Names.CorrelationId, Names.UserId, Names.To, Names.ContentType, Names.ContentEncoding, Names.CreationTimeUtc,
        Names.AbsoluteExpiryTime, Names.Subject, Names.InterfaceId, Names.MessageSchema, Names.Ack,
    };

    private readonly KeyValuePair<string, string>[] _items;

    private SystemProperties(KeyValuePair<string, string>[] items)
    {
        _items = items;
        Size = items.Sum(item => Encoding.UTF8.GetByteCount(item.Value));
    }

    /// <summary>Those that are set, in the order in which they were.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Items => _items;

    /// <summary>The UTF-8 bytes of all values.</summary>
    public int Size { get; }

    public string? ContentType => this[Names.ContentType];

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
    /// Takes what a sender set: names that a sender may not set are left out, since the hub stamps them (decision 18), and of a name
    /// given twice the last value counts.
    /// </summary>
    public static SystemProperties Create(IEnumerable<KeyValuePair<string, string>> items)
    {
        var kept = new List<KeyValuePair<string, string>>();
        foreach (var item in items)
        {
            if (!Settable.Contains(item.Key))
                continue;
            kept.RemoveAll(other => other.Key == item.Key);
            kept.Add(item);
        }

        return kept.Count == 0 ? Empty : new SystemProperties([.. kept]);
    }
}
