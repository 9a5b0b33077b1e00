using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Hub.Server.Protocols.Mqtt;

/// <summary>
/// The MQTT door: takes connections over TCP, TLS and WebSocket alike, and watches their deadlines with one timer for all. Singleton.
/// </summary>
internal sealed class MqttProtocolHead(MqttServices services) : ConnectionHandler, IHostedService, IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<MqttConnection, bool> _connections = new();
    private ITimer? _timer;
    private volatile bool _stopping;

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
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = services.Time.CreateTimer(_ => CheckAll(), null, CheckInterval, CheckInterval);
        return Task.CompletedTask;
    }

    /// <summary>Says goodbye to all, and waits until they are gone or the token ends the wait.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        foreach (var connection in _connections.Keys)
            connection.Stop();
        while (!_connections.IsEmpty && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), services.Time, CancellationToken.None);
    }

    public void Dispose() => _timer?.Dispose();

    private void CheckAll()
    {
        foreach (var connection in _connections.Keys)
            connection.Check();
    }
}
