using System.Collections.Immutable;
using System.Threading.Channels;

namespace Hub.Server.Messaging.CloudToDevice;

/// <summary>
/// The live fan-out of what happens to messages: to streams and the live view, in commit order. Costs one write per change and subscriber
/// and never waits; a subscriber that is too slow misses some, and can tell how many. Singleton; safe from any thread.
/// </summary>
internal sealed class DeviceBoundFeed
{
    /// <summary>How many may follow at a time: each costs a little for every change, and memory once it is slow.</summary>
    public const int MaxSubscribers = 1_000;

    private readonly Lock _lock = new();
    private volatile DeviceBoundSubscription[] _subscriptions = [];

    public DeviceBoundFeed(IDeviceBoundStore store) => store.Committed += Publish;

    /// <summary>Why no further subscriber is taken now; null when there is room. Asked before a stream is begun.</summary>
    public string? Full => _subscriptions.Length < MaxSubscribers ? null : $"This hub serves {MaxSubscribers} streams of this kind at a time. End one first.";

    /// <summary>Begins to receive what happens from now on.</summary>
    /// <param name="maxQueued">How many changes may wait for the subscriber before it misses some.</param>
    public DeviceBoundSubscription Subscribe(int maxQueued)
    {
        var subscription = new DeviceBoundSubscription(this, maxQueued);
        lock (_lock)
            _subscriptions = [.. _subscriptions, subscription];
        return subscription;
    }

    internal void Remove(DeviceBoundSubscription subscription)
    {
        lock (_lock)
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
    }

    private void Publish(ImmutableArray<DeviceBoundTransition> changes)
    {
        foreach (var subscription in _subscriptions)
        {
            foreach (var change in changes)
                subscription.Offer(change);
        }
    }
}

/// <summary>One subscriber's bounded view of the <see cref="DeviceBoundFeed"/>. Read by one task; disposed by the subscriber.</summary>
internal sealed class DeviceBoundSubscription : IDisposable
{
    private readonly DeviceBoundFeed _feed;

    // Full: the change is left out and counted; the queues must not wait for a viewer.
    private readonly Channel<DeviceBoundTransition> _changes;
    private long _missed;

    internal DeviceBoundSubscription(DeviceBoundFeed feed, int maxQueued)
    {
        _feed = feed;
        _changes = Channel.CreateBounded<DeviceBoundTransition>(new BoundedChannelOptions(maxQueued) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    }

    public ChannelReader<DeviceBoundTransition> Changes => _changes.Reader;

    /// <summary>How many changes were left out since it was asked before.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    public void Dispose()
    {
        _feed.Remove(this);
        _changes.Writer.TryComplete();
    }

    internal void Offer(DeviceBoundTransition change)
    {
        if (!_changes.Writer.TryWrite(change))
            Interlocked.Increment(ref _missed);
    }
}
