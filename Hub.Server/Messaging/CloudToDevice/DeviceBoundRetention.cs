using Hub.Server.Messaging.CloudToDevice.Batches;
using Hub.Shared.CloudToDevice;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>Drops completed messages and dead letters with their history, and batches, once they have been kept for as long as they are to be.</summary>
internal sealed partial class DeviceBoundRetention(
    IDeviceBoundStore store, IBatchStore batches, IOptions<CloudToDeviceOptions> options, TimeProvider time, ILogger<DeviceBoundRetention> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // Small enough that whoever else writes waits no more than some tens of milliseconds.
    private const int MaxPerWrite = 250;

    // Each may have thousands of items.
    private const int MaxBatchesPerWrite = 1;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                var now = time.GetUtcNow();
                await DropAsync(DeviceBoundState.Completed, now - options.Value.HistoryRetention, stoppingToken);
                await DropAsync(DeviceBoundState.DeadLettered, now - options.Value.DeadLetterRetention, stoppingToken);
                while (await batches.DropEndedAsync(now - options.Value.HistoryRetention, MaxBatchesPerWrite, stoppingToken) == MaxBatchesPerWrite)
                {
                    // There may be more.
                }
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
            {
                Log.NotDropped(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async ValueTask DropAsync(DeviceBoundState state, DateTimeOffset before, CancellationToken cancellationToken)
    {
        while (await store.DropEndedAsync(state, before, MaxPerWrite, cancellationToken) == MaxPerWrite)
        {
            // There may be more.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 7, LogLevel.Error, "Messages that were kept for long enough could not be dropped; trying again.")]
        public static partial void NotDropped(ILogger logger, Exception exception);
    }
}
