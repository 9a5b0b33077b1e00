using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The MQTT door: takes connections over TCP, TLS and WebSocket alike, and watches their deadlines with one timer for all. Singleton.
/// </summary>
internal sealed partial class MqttProtocolHead(MqttServices services) : ConnectionHandler, IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<MqttConnection, bool> _connections = new();
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private volatile bool _stopping;

    /// <summary>Those that are served now; a copy.</summary>
    public ICollection<MqttConnection> Connections => _connections.Keys;

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var served = new MqttConnection(connection, services);
        _connections.TryAdd(served, true);
        try
        {
            if (_stopping)
                served.Stop();
            await served.RunAsync();
        }
        finally
        {
            _connections.TryRemove(served, out _);
            NoteIfAllGone();
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the doors open.
        await services.MqttSessions.EndAbandonedAsync(cancellationToken);
        _timer = services.Time.CreateTimer(_ => CheckAll(), null, CheckInterval, CheckInterval);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Says goodbye to all, and waits until they are gone or the token ends the wait. Before anything else stops: the server, which
    /// stops first of all services, would wait in vain for connections that nobody ends.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        foreach (var connection in Connections)
            connection.Stop();
        NoteIfAllGone();
        await _allGone.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void NoteIfAllGone()
    {
        if (_stopping && _connections.IsEmpty)
            _allGone.TrySetResult();
    }

    private void CheckAll()
    {
        // Not over the keys: they would be copied each time.
        foreach (var (connection, _) in _connections)
        {
            try
            {
                connection.Check();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // An aborted transport that was gone already; on the timer's thread it would end the process.
                Log.CheckFailed(services.Logger, exception);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Mqtt + 5, LogLevel.Debug, "A connection ended while it was being ended.")]
        public static partial void CheckFailed(ILogger logger, Exception exception);
    }
}
