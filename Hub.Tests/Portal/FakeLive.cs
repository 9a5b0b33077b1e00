using Hub.Portal.Streaming;
using Hub.Shared.Operations;

namespace Hub.Tests.Portal;

/// <summary>A live connection of which the test says how it fares and what comes.</summary>
internal sealed class FakeLive : ILiveConnection
{
    private readonly List<Action<Overview>> _watchers = [];

    public event Action? StateChanged;

    public LiveConnectionState State { get; private set; } = LiveConnectionState.Live;

    public int Watchers => _watchers.Count;

    public void Become(LiveConnectionState state)
    {
        State = state;
        StateChanged?.Invoke();
    }

    public void Tell(Overview overview) => _watchers.ForEach(watcher => watcher(overview));

    public void Start()
    {
    }

    public Task StopAsync() => Task.CompletedTask;

    public IAsyncDisposable WatchOverview(Action<Overview> changed)
    {
        _watchers.Add(changed);
        return new Watch(() => _watchers.Remove(changed));
    }

    public IAsyncEnumerable<T> StreamAsync<T>(string method, object? argument, CancellationToken cancellationToken) => throw new NotSupportedException();

    private sealed class Watch(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
