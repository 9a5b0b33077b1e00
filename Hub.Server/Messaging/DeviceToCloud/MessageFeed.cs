namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>
/// The live fan-out of what was committed: to the live view, streams, and later routes and consumers. Publishing costs one write per
/// batch and subscriber and never waits; a subscriber that is too slow misses some, and can tell. Singleton.
/// </summary>
internal sealed class MessageFeed
{
    /// <summary>
    /// How many may follow at a time: each costs the writer a little for every commit, and memory once it is slow. Far more than people
    /// and tools that look, and the bound of those that never end what they began.
    /// </summary>
    public const int MaxSubscribers = 1_000;

    private readonly Lock _lock = new();
    private volatile FeedSubscription[] _subscriptions = [];

    /// <summary>How many subscribe now.</summary>
    public int SubscriberCount => _subscriptions.Length;

    /// <summary>Why no further viewer is taken now; null when there is room. Asked before a stream is begun.</summary>
    public string? Full => SubscriberCount < MaxSubscribers ? null : $"This hub serves {MaxSubscribers} streams at a time. End one first.";

    /// <summary>Begins to receive what is committed from now on.</summary>
    /// <param name="maxQueuedMessages">How many messages may wait for the subscriber before it misses some.</param>
    public FeedSubscription Subscribe(int maxQueuedMessages)
    {
        var subscription = new FeedSubscription(this, maxQueuedMessages);
        lock (_lock)
            _subscriptions = [.. _subscriptions, subscription];
        return subscription;
    }

    /// <summary>Hands a committed batch to all subscribers. Called by <see cref="MessageWriter"/> only, in commit order.</summary>
    public void Publish(IReadOnlyList<LogAppend> committed)
    {
        var subscriptions = _subscriptions;
        if (subscriptions.Length == 0)
            return;

        // Measured once for all, so that a further viewer costs the writer one comparison and one queue write.
        var batch = MeasuredBatch.Of(committed);
        foreach (var subscription in subscriptions)
            subscription.Offer(batch);
    }

    internal void Remove(FeedSubscription subscription)
    {
        lock (_lock)
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
    }
}
