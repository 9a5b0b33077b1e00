using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Hub.Server.Protocols.Mqtt.Sockets;

/// <summary>
/// The features of one connection: about a dozen, set once and read a few times, so a list that is searched from its beginning. The
/// framework's own collection is a hash table, which is a tenth of what a silent connection costs. Not safe from several threads at
/// once, as the framework's is not.
/// </summary>
internal sealed class ConnectionFeatures : IFeatureCollection
{
    private KeyValuePair<Type, object>[] _items = new KeyValuePair<Type, object>[8];
    private int _count;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is >= 0 and var index ? _items[index].Value : null;
        set
        {
            var index = IndexOf(key);
            Revision++;
            if (value is not null)
                Put(index, new(key, value));
            else if (index >= 0)
                Remove(index);
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _items.Take(_count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_items[i].Key == key)
                return i;
        }

        return -1;
    }

    private void Put(int index, KeyValuePair<Type, object> item)
    {
        if (index < 0)
        {
            if (_count == _items.Length)
                Array.Resize(ref _items, _count + 4);
            index = _count++;
        }

        _items[index] = item;
    }

    private void Remove(int index)
    {
        _count--;
        _items[index] = _items[_count];
        _items[_count] = default;
    }
}
