using Hub.Server.Messaging.CloudToDevice;

namespace Hub.Tests.Support;

/// <summary>The feedback queue in memory, filled by the outcomes of a store of messages.</summary>
internal sealed class InMemoryFeedbackStore : IFeedbackStore
{
    private readonly Lock _lock = new();
    private readonly List<FeedbackRecord> _records = [];
    private readonly List<Batch> _batches = [];
    private long _number;

    public InMemoryFeedbackStore(IDeviceBoundStore messages) => messages.Committed += changes =>
    {
        lock (_lock)
        {
            _records.AddRange(changes.Where(change => change.Ends && change.After.WantsFeedback).Select(change => change.After).Select(entry => new FeedbackRecord(
                entry.MessageId, entry.DeviceId, entry.GenerationId, entry.Outcome!.Value, entry.Description, entry.SettledTime!.Value)));
        }
    };

    public ValueTask<FeedbackBatch?> ReceiveAsync(Guid token, DateTimeOffset now, FeedbackOptions options, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var batch = _batches.Find(waiting => waiting.Token is null && waiting.ExpiresAt > now);
            var next = _records.Where(record => record.Time > now - options.TimeToLive).Take(options.BatchSize).ToList();
            if (batch is null && next.Count > 0 && (next.Count == options.BatchSize || now - next.Min(record => record.Time) >= options.BatchInterval))
            {
                batch = new Batch(++_number, next, now + options.TimeToLive);
                _batches.Add(batch);
                _records.RemoveAll(next.Contains);
            }

            if (batch is null)
                return new((FeedbackBatch?)null);
            batch.Token = token;
            batch.DeliveryCount++;
            return new(new FeedbackBatch(batch.Number, token, batch.Records));
        }
    }

    public ValueTask<bool> CompleteAsync(Guid token, CancellationToken cancellationToken)
    {
        lock (_lock)
            return new(_batches.RemoveAll(batch => batch.Token == token) > 0);
    }

    public ValueTask<bool> ReleaseAsync(Guid token, int maxDeliveryCount, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_batches.Find(batch => batch.Token == token) is not { } found)
                return new(false);
            found.Token = null;
            if (found.DeliveryCount >= maxDeliveryCount)
                _batches.Remove(found);
            return new(true);
        }
    }

    public ValueTask ReleaseAllAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            _batches.ForEach(batch => batch.Token = null);
        return ValueTask.CompletedTask;
    }

    public ValueTask<int> DropExpiredAsync(DateTimeOffset now, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var expired = _batches.Where(batch => batch.ExpiresAt <= now).ToList();
            _batches.RemoveAll(expired.Contains);
            return new(expired.Sum(batch => batch.Records.Count) + _records.RemoveAll(record => record.Time <= now - timeToLive));
        }
    }

    private sealed class Batch(long number, List<FeedbackRecord> records, DateTimeOffset expiresAt)
    {
        public long Number { get; } = number;

        public List<FeedbackRecord> Records { get; } = records;

        public DateTimeOffset ExpiresAt { get; } = expiresAt;

        public Guid? Token { get; set; }

        public int DeliveryCount { get; set; }
    }
}
