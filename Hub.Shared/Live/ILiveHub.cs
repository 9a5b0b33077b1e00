using Hub.Shared.Messages;

namespace Hub.Shared.Live;

/// <summary>What a browser or a tool calls on the live hub (<c>/hubs/live</c>).</summary>
public interface ILiveHub
{
    /// <summary>
    /// Streams device-to-cloud messages until the caller cancels: from now on, or first those stored after the sequence numbers of
    /// <see cref="TelemetryFilter.From"/>.
    /// </summary>
    IAsyncEnumerable<LiveBatch<TelemetryItem>> StreamTelemetry(TelemetryFilter filter, CancellationToken cancellationToken);

    /// <summary>Begins (true) or ends (false) the calls of <see cref="ILiveClient.OverviewChanged"/> to this connection.</summary>
    Task WatchOverview(bool watch);
}
