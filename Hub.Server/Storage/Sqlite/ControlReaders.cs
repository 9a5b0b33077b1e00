using System.Collections.Concurrent;

namespace Hub.Server.Storage.Sqlite;

/// <summary>Open connections that only read, lent to one caller at a time; with their prepared commands they answer in microseconds.</summary>
internal sealed class ControlReaders(ControlDatabase database) : IDisposable
{
    /// <summary>Reading is synchronous, so that there are never more readers at work than threads.</summary>
    private const int Kept = 16;

    private readonly ConcurrentBag<ControlConnection> _free = [];
    private volatile bool _disposed;

    /// <summary>Reads; one that fails takes its connection with it, so that no broken one is lent again.</summary>
    public T Read<TState, T>(TState state, Func<ControlConnection, TState, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_free.TryTake(out var reader))
            reader = new ControlConnection(database.OpenReader());
        var whole = false;
        try
        {
            var result = read(reader, state);
            whole = true;
            return result;
        }
        finally
        {
            if (whole && !_disposed && _free.Count < Kept)
                _free.Add(reader);
            else
                reader.Dispose();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_free.TryTake(out var reader))
            reader.Dispose();
    }
}
