using System.Diagnostics.Metrics;
using Hub.Server.Messaging;
using Hub.Server.Messaging.DeviceToCloud;

namespace Hub.Server.Operations;

/// <summary>Shows OpenTelemetry the state of the log and of ingest. Singleton; made at the start, since nobody else asks for it.</summary>
internal sealed class LogMetrics : IHostedService
{
    public const string MeterName = "Hub.Operations";

    public LogMetrics(IMeterFactory meters, IMessageLog log, IngestGate gate, MessageFeed feed)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("hub.d2c.partition.last_sequence_number", () => LastOf(log), null, "The newest message of each partition.");
        meter.CreateObservableGauge("hub.d2c.log.size", () => log.SizeInBytes, "By", "The room that the log takes on disk.");
        meter.CreateObservableGauge("hub.d2c.ingress.open", () => gate.IsOpen ? 1 : 0, null, "1 while messages are taken in, 0 while the store cannot take them.");
        meter.CreateObservableGauge("hub.d2c.feed.subscribers", () => feed.SubscriberCount, null, "Who follows the log live.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<Measurement<long>> LastOf(IMessageLog log) => log.Partitions.Select(state =>
        new Measurement<long>(state.LastSequenceNumber, new KeyValuePair<string, object?>("partition", state.Partition)));
}
