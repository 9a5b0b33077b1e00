using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Hub.Shared.CloudToDevice;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Counts what goes to devices, for OpenTelemetry. Never with a device id as a label: there are too many. Singleton.</summary>
internal sealed class CloudToDeviceMetrics
{
    public const string MeterName = "Hub.Messaging.CloudToDevice";

    private static readonly InstrumentAdvice<double> Waits =
        new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 21_600, 86_400] };

    private readonly Counter<long> _enqueued;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _completed;
    private readonly Counter<long> _abandoned;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _deadLettered;
    private readonly Histogram<double> _wait;

    public CloudToDeviceMetrics(IMeterFactory meters, IDeviceBoundStore store)
    {
        var meter = meters.Create(MeterName);
        _enqueued = meter.CreateCounter<long>("hub.c2d.ingress.success", "{message}", "Messages stored in their device's queue.");
        _refused = meter.CreateCounter<long>("hub.c2d.ingress.rejected", "{message}", "Messages that were refused, by reason.");
        _deliveries = meter.CreateCounter<long>("hub.c2d.egress.deliveries", "{delivery}", "Messages taken for a delivery.");
        _completed = meter.CreateCounter<long>("hub.c2d.egress.complete.success", "{message}", "Messages that their device completed.");
        _abandoned = meter.CreateCounter<long>("hub.c2d.egress.abandon.success", "{message}", "Deliveries that the device abandoned.");
        _rejected = meter.CreateCounter<long>("hub.c2d.egress.reject.success", "{message}", "Messages that their device rejected.");
        _deadLettered = meter.CreateCounter<long>("hub.c2d.dead_lettered", "{message}", "Messages that left their queue uncompleted, by reason.");
        _wait = meter.CreateHistogram("hub.c2d.completion.duration", "s", "Time from the storing of a message to its completion.", null, Waits);
        store.Committed += Count;
    }

    /// <summary>Counts what was refused; what was stored is counted by its commit.</summary>
    public void Sent(EnqueueResult result)
    {
        var reason = result switch
        {
            EnqueueResult.DeviceNotFound => "device_not_found",
            EnqueueResult.QueueFull => "queue_full",
            EnqueueResult.TooLarge => "too_large",
            EnqueueResult.Invalid => "invalid",
            EnqueueResult.InvalidExpiry => "invalid_expiry",
            EnqueueResult.Unavailable => "store_unavailable",
            _ => null,
        };
        if (reason is not null)
            _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    private void Count(ImmutableArray<DeviceBoundTransition> changes)
    {
        foreach (var change in changes)
        {
            foreach (var line in change.History)
                CounterOf(line.Event)?.Add(1);
            if (!change.Ends)
                continue;
            if (change.After.State == DeviceBoundState.DeadLettered)
                _deadLettered.Add(1, new KeyValuePair<string, object?>("reason", change.After.Outcome.ToString()));
            else
                _wait.Record((change.After.SettledTime!.Value - change.After.EnqueuedTime).TotalSeconds);
        }
    }

    private Counter<long>? CounterOf(DeviceBoundEvent what) => what switch
    {
        DeviceBoundEvent.Enqueued => _enqueued,
        DeviceBoundEvent.Leased => _deliveries,
        DeviceBoundEvent.Completed => _completed,
        DeviceBoundEvent.Abandoned => _abandoned,
        DeviceBoundEvent.Rejected => _rejected,
        _ => null,
    };
}
