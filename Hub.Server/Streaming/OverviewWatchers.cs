using System.Collections.Concurrent;

namespace Hub.Server.Streaming;

/// <summary>The connections that want the overview. Singleton; safe from any thread.</summary>
internal sealed class OverviewWatchers
{
    private readonly ConcurrentDictionary<string, byte> _connections = new(StringComparer.Ordinal);

    public bool Any => !_connections.IsEmpty;

    public IReadOnlyList<string> Connections => [.. _connections.Keys];

    public void Add(string connectionId) => _connections[connectionId] = 0;

    public void Remove(string connectionId) => _connections.TryRemove(connectionId, out _);
}
