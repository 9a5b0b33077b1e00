using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// Hands feedback in batches to receivers of the wire contract, who compete for them (section 2.8): a lock for each, a delivery count, a
/// time to live. The time of a lock is measured, not read off the wall clock. Singleton; safe from any thread.
/// </summary>
internal sealed partial class FeedbackQueue(IFeedbackStore store, IOptions<FeedbackOptions> options, TimeProvider time, ILogger<FeedbackQueue> logger) : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    internal static readonly TimeSpan ExpiryInterval = TimeSpan.FromSeconds(10);

    private readonly FeedbackOptions _options = options.Value;

    /// <summary>Since when, as a timestamp, the locks hold that this hub has given.</summary>
    private readonly ConcurrentDictionary<Guid, long> _locks = new();

    /// <summary>The batch that is next, locked; null when there is none yet.</summary>
    public async ValueTask<FeedbackBatch?> ReceiveAsync(CancellationToken cancellationToken)
    {
        var token = new Guid(RandomNumberGenerator.GetBytes(16));
        var batch = await store.ReceiveAsync(token, time.GetUtcNow(), _options, cancellationToken);
        if (batch is not null)
            _locks[token] = time.GetTimestamp();
        return batch;
    }

    /// <summary>The receiver has it: it is gone. False when the lock is lost.</summary>
    public async ValueTask<bool> CompleteAsync(Guid token, CancellationToken cancellationToken)
    {
        var completed = await store.CompleteAsync(token, cancellationToken);
        _locks.TryRemove(token, out _);
        return completed;
    }

    /// <summary>The receiver gives it back. False when the lock is lost.</summary>
    public async ValueTask<bool> AbandonAsync(Guid token, CancellationToken cancellationToken)
    {
        var released = await store.ReleaseAsync(token, _options.MaxDeliveryCount, cancellationToken);
        _locks.TryRemove(token, out _);
        return released;
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.ReleaseAllAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var looked = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var (token, since) in _locks)
                {
                    if (time.GetElapsedTime(since) >= _options.LockDuration)
                        await AbandonAsync(token, stoppingToken);
                }

                if (time.GetElapsedTime(looked) < ExpiryInterval)
                    continue;
                looked = time.GetTimestamp();
                if (await store.DropExpiredAsync(time.GetUtcNow(), _options.TimeToLive, stoppingToken) is var dropped and > 0)
                    Log.Expired(logger, dropped);
            }
            catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
            {
                Log.NotSwept(logger, exception);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.CloudToDevice + 5, LogLevel.Debug, "{Count} feedback records that no receiver fetched in time were dropped.")]
        public static partial void Expired(ILogger logger, int count);

        [LoggerMessage(EventIds.CloudToDevice + 6, LogLevel.Error, "The feedback queue could not be tended; trying again.")]
        public static partial void NotSwept(ILogger logger, Exception exception);
    }
}
