using Hub.Shared.CloudToDevice;
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

    /// <summary>
    /// Streams what happens to cloud-to-device messages from now on, until the caller cancels. Of the filter, <see cref="TelemetryFilter.Partition"/>
    /// and a place to begin from have no meaning here and are refused.
    /// </summary>
    IAsyncEnumerable<LiveBatch<DeviceBoundChange>> StreamMessages(TelemetryFilter filter, CancellationToken cancellationToken);

    /// <summary>Begins (true) or ends (false) the calls of <see cref="ILiveClient.OverviewChanged"/> to this connection.</summary>
    Task WatchOverview(bool watch);
}
