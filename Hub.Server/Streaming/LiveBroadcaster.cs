using Hub.Shared.Live;
using Hub.Shared.Operations;
using Microsoft.AspNetCore.SignalR;

namespace Hub.Server.Streaming;

/// <summary>Where the overview comes from; the composition root says so, since this room does not know Operations.</summary>
internal delegate Overview OverviewSource();

/// <summary>Sends the overview once a second to those who watch it; does nothing while nobody does.</summary>
internal sealed partial class LiveBroadcaster(
    IHubContext<LiveHub, ILiveClient> hub, OverviewWatchers watchers, OverviewSource overview, TimeProvider time, ILogger<LiveBroadcaster> logger)
    : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        // A watcher that does not read keeps its own send waiting, never those of others, and gets no second one meanwhile.
        var sending = new Dictionary<string, Task>(StringComparer.Ordinal);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (connection, task) in sending.ToList())
            {
                if (task.IsCompleted)
                    sending.Remove(connection);
            }

            if (!watchers.Any)
                continue;
            var current = overview();
            foreach (var connection in watchers.Connections)
            {
                if (!sending.ContainsKey(connection))
                    sending[connection] = SendAsync(connection, current);
            }
        }
    }

    private async Task SendAsync(string connection, Overview current)
    {
        try
        {
            await hub.Clients.Client(connection).OverviewChanged(current);
        }
        catch (Exception exception)
        {
            // One viewer's broken connection is no reason to stop for the others.
            watchers.Remove(connection);
            Log.NotSent(logger, connection, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Streaming + 1, LogLevel.Debug, "The overview could not be sent to connection {ConnectionId}.")]
        public static partial void NotSent(ILogger logger, string connectionId, Exception exception);
    }
}
