using System.Diagnostics.CodeAnalysis;

namespace Hub.Server.Security;

/// <summary>
/// A table of bounded size that forgets what was not touched for longest, so that strangers cannot make it grow. Not safe for
/// several threads: its owner locks.
/// </summary>
internal sealed class RecentTable<TValue>(int capacity)
{
    private readonly Dictionary<string, LinkedListNode<(string Key, TValue Value)>> _places = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, TValue Value)> _byUse = new();

    public bool TryGet(string key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_places.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    public void Set(string key, TValue value)
    {
        Remove(key);
        if (_places.Count == capacity && _byUse.Last is { } oldest)
            Remove(oldest.Value.Key);
        _places[key] = _byUse.AddFirst((key, value));
    }

    public void Remove(string key)
    {
        if (_places.Remove(key, out var node))
            _byUse.Remove(node);
    }
}
