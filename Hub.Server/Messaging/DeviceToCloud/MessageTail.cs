namespace Hub.Server.Messaging.DeviceToCloud;

/// <summary>What a tail read.</summary>
/// <param name="Matched">The messages that match, within a partition in order.</param>
/// <param name="Missed">How many messages were passed over unread since the batch before: the reader was too slow, or they are not kept any more.</param>
/// <param name="IsBacklog">Whether these were stored before the tail began.</param>
internal readonly record struct TailBatch(IReadOnlyList<LoggedMessage> Matched, long Missed, bool IsBacklog);

/// <summary>
/// Follows the log: from given sequence numbers or from now, out of the log first and then live, without gap or duplicate. A partition
/// that was begun from a sequence number is filled up from the log whenever the reader was too slow; of the others, what was missed is
/// counted. One reader at a time; all work is done on the reader's task, so that ingest does not feel it.
/// </summary>
internal sealed class MessageTail : IAsyncDisposable
{
    private const int MaxQueuedMessages = 50_000;

    private readonly IMessageLog _log;
    private readonly TelemetryMatch _match;
    private readonly FeedSubscription _subscription;
    private readonly long[] _next;
    private readonly long[] _backlogEnd;
    private readonly bool[] _refilled;
    private readonly Queue<int> _toRead = new();
    private IAsyncEnumerator<IReadOnlyList<LoggedMessage>>? _reading;

    /// <param name="feed">Where new messages come from.</param>
    /// <param name="log">Where stored ones stand.</param>
    /// <param name="match">What is wanted.</param>
    /// <param name="after">For a partition the sequence number after which to begin; partitions left out begin now.</param>
    public MessageTail(MessageFeed feed, IMessageLog log, TelemetryMatch match, IReadOnlyDictionary<int, long> after)
    {
        _log = log;
        _match = match;
        // Subscribed before the ends are read: what is committed in between comes twice and is told apart by its sequence number;
        // the other way round it would be lost.
        _subscription = feed.Subscribe(MaxQueuedMessages);
        _next = new long[log.PartitionCount];
        _backlogEnd = new long[log.PartitionCount];
        _refilled = new bool[log.PartitionCount];
        foreach (var state in log.Partitions)
        {
            _backlogEnd[state.Partition] = state.LastSequenceNumber;
            _next[state.Partition] = state.LastSequenceNumber + 1;
            if (!after.TryGetValue(state.Partition, out var last) || !IsWanted(state.Partition))
                continue;
            _refilled[state.Partition] = true;
            _next[state.Partition] = Math.Max(last + 1, 0);
            _toRead.Enqueue(state.Partition);
        }
    }

    /// <summary>By partition the last sequence number that what was read has passed, matched or not; -1 before the first.</summary>
    public long[] Places => [.. _next.Select(next => next - 1)];

    /// <summary>Whether what is read next comes out of the log, as far as it holds something.</summary>
    public bool ReadsLog => _reading is not null || _toRead.Count > 0;

    /// <summary>Waits until <see cref="TryReadAsync"/> may have something; false once disposed.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken) =>
        ReadsLog ? new(true) : _subscription.WaitToReadAsync(cancellationToken);

    /// <summary>Reads what is there; null when there is nothing more for now.</summary>
    public async ValueTask<TailBatch?> TryReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_reading is null && _toRead.TryDequeue(out var partition))
                _reading = _log.ReadAsync(partition, _next[partition], cancellationToken).GetAsyncEnumerator(cancellationToken);
            if (_reading is not null)
            {
                if (await _reading.MoveNextAsync())
                    return FromLog(_reading.Current);
                await EndReadingAsync();
            }
            else if (_subscription.TryRead(out var appends))
            {
                return FromFeed(appends);
            }
            else if (!_subscription.TakeLeftOut())
            {
                return null;
            }
            else if (CatchUp() is var missed and > 0)
            {
                return new TailBatch([], missed, false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await EndReadingAsync();
    }

    private TailBatch FromLog(IReadOnlyList<LoggedMessage> chunk)
    {
        var matched = new List<LoggedMessage>();
        var missed = 0L;
        var isBacklog = false;
        foreach (var message in chunk)
        {
            ref var next = ref _next[message.Partition];
            if (message.SequenceNumber < next)
                continue;
            missed += message.SequenceNumber - next;
            next = message.SequenceNumber + 1;
            isBacklog |= message.SequenceNumber <= _backlogEnd[message.Partition];
            if (_match.Matches(message.Sender.DeviceId) && _match.Matches(message.Message))
                matched.Add(message);
        }

        return new TailBatch(matched, missed, isBacklog);
    }

    private TailBatch FromFeed(IReadOnlyList<LogAppend> appends)
    {
        var matched = new List<LoggedMessage>();
        var missed = 0L;
        for (var i = 0; i < appends.Count; i++)
        {
            var append = appends[i];
            if (!IsWanted(append.Partition))
                continue;
            ref var next = ref _next[append.Partition];
            if (append.FirstSequenceNumber > next)
            {
                if (_refilled[append.Partition])
                {
                    // Something was left out before this. The log has it, and has this too: all comes from there.
                    if (!_toRead.Contains(append.Partition))
                        _toRead.Enqueue(append.Partition);
                    continue;
                }

                missed += append.FirstSequenceNumber - next;
                next = append.FirstSequenceNumber;
            }

            AddMatching(append, (int)Math.Min(next - append.FirstSequenceNumber, append.Messages.Length), matched);
            next = Math.Max(next, append.FirstSequenceNumber + append.Messages.Length);
        }

        return new TailBatch(matched, missed, false);
    }

    private void AddMatching(LogAppend append, int from, List<LoggedMessage> matched)
    {
        if (!_match.Matches(append.Sender.DeviceId))
            return;
        for (var i = from; i < append.Messages.Length; i++)
        {
            if (_match.Matches(append.Messages[i]))
                matched.Add(new(append.Partition, append.FirstSequenceNumber + i, append.EnqueuedTime, append.Sender, append.Messages[i]));
        }
    }

    /// <summary>The queue is empty, but the newest messages were left out: the log's ends say how many.</summary>
    private long CatchUp()
    {
        var missed = 0L;
        foreach (var state in _log.Partitions)
        {
            if (!IsWanted(state.Partition) || state.LastSequenceNumber < _next[state.Partition])
                continue;
            if (_refilled[state.Partition])
            {
                _toRead.Enqueue(state.Partition);
                continue;
            }

            missed += state.LastSequenceNumber + 1 - _next[state.Partition];
            _next[state.Partition] = state.LastSequenceNumber + 1;
        }

        return missed;
    }

    private bool IsWanted(int partition) => _match.Partition is null || _match.Partition == partition;

    private async ValueTask EndReadingAsync()
    {
        if (_reading is null)
            return;
        var reading = _reading;
        _reading = null;
        await reading.DisposeAsync();
    }
}
