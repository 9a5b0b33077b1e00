using Hub.Server.Messaging.CloudToDevice;
using Hub.Shared.CloudToDevice;

namespace Hub.Tests.Messaging.CloudToDevice;

/// <summary>
/// The queue of one device as the wire contract tells it (section 2.2, decisions 1, 8, 9, 12, 25), in the plainest words: no database, no
/// transactions, nothing shared with what it is compared with but the names of the states.
/// </summary>
internal sealed class QueueModel(int maxDepth, int maxDeliveries, DeliveryCounting counting)
{
    public List<Item> Items { get; } = [];

    public int Depth => Items.Count(item => item.InQueue);

    private bool CountsAll => counting == DeliveryCounting.EveryDelivery;

    /// <summary>Null when the queue is full.</summary>
    public Item? Send(string messageId, DateTimeOffset expires, FeedbackAck ack)
    {
        if (Items.Find(item => item.MessageId == messageId) is { } first)
            return first;
        if (Depth >= maxDepth)
            return null;
        Items.Add(new Item { MessageId = messageId, Expires = expires, Ack = ack });
        return Items[^1];
    }

    public List<Item> Lease(int max, DateTimeOffset now)
    {
        var taken = Items.Where(item => item.State == DeviceBoundState.Enqueued && item.Expires > now).Take(max).ToList();
        foreach (var item in taken)
        {
            item.State = DeviceBoundState.Invisible;
            item.Deliveries += CountsAll ? 1 : 0;
        }

        return taken;
    }

    /// <summary>False when the lock is lost.</summary>
    public bool Settle(Item item, Guid token, SettlementKind kind, bool late)
    {
        if (item.Token != token || !item.InQueue)
            return false;
        if (item.State == DeviceBoundState.Enqueued && (!late || kind == SettlementKind.Abandon))
            return false;
        switch (kind)
        {
            case SettlementKind.Complete:
                item.End(DeviceBoundOutcome.Completed);
                break;
            case SettlementKind.Reject:
                item.End(DeviceBoundOutcome.Rejected);
                break;
            default:
                item.Deliveries += CountsAll ? 0 : 1;
                Return(item);
                break;
        }

        return true;
    }

    public void EndLock(Item item, Guid token)
    {
        if (item.State == DeviceBoundState.Invisible && item.Token == token)
            Return(item);
    }

    /// <summary>All that is locked goes back; the oldest counts.</summary>
    public void Disconnect()
    {
        var counts = true;
        foreach (var item in Items.Where(item => item.State == DeviceBoundState.Invisible))
        {
            item.Deliveries -= CountsAll && !counts ? 1 : 0;
            counts = false;
            Return(item);
        }
    }

    public void Expire(DateTimeOffset now) => Items.FindAll(item => item.InQueue && item.Expires <= now).ForEach(item => item.End(DeviceBoundOutcome.Expired));

    public void Purge() => Items.FindAll(item => item.InQueue).ForEach(item => item.End(DeviceBoundOutcome.Purged));

    public static void Cancel(Item item)
    {
        if (item.State == DeviceBoundState.Enqueued)
            item.End(DeviceBoundOutcome.Cancelled);
        else if (item.State == DeviceBoundState.Invisible)
            item.IsCancelled = true;
    }

    private void Return(Item item)
    {
        if (item.IsCancelled)
            item.End(DeviceBoundOutcome.Cancelled);
        else if (item.Deliveries >= maxDeliveries)
            item.End(DeviceBoundOutcome.DeliveryCountExceeded);
        else
            item.State = DeviceBoundState.Enqueued;
    }

    /// <summary>One message.</summary>
    internal sealed class Item
    {
        public required string MessageId { get; init; }

        public required DateTimeOffset Expires { get; init; }

        public required FeedbackAck Ack { get; init; }

        public DeviceBoundState State { get; set; }

        public int Deliveries { get; set; }

        public Guid Token { get; set; }

        public bool IsCancelled { get; set; }

        public DeviceBoundOutcome? Outcome { get; private set; }

        public bool InQueue => State is DeviceBoundState.Enqueued or DeviceBoundState.Invisible;

        public bool GivesFeedback => Outcome is { } outcome
            && (Ack == FeedbackAck.Full || (Ack == FeedbackAck.Positive && outcome == DeviceBoundOutcome.Completed) || (Ack == FeedbackAck.Negative && outcome != DeviceBoundOutcome.Completed));

        public void End(DeviceBoundOutcome outcome)
        {
            Outcome = outcome;
            State = outcome == DeviceBoundOutcome.Completed ? DeviceBoundState.Completed : DeviceBoundState.DeadLettered;
        }
    }
}
