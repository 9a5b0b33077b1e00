namespace Hub.Cli.Load;

/// <summary>
/// The messages of one connection that wait for their PUBACK, in the order in which they were sent. Under the lock of its
/// connection.
/// </summary>
/// <param name="capacity">How many may wait at a time.</param>
/// <param name="clock">Which deadlines count as measured.</param>
internal sealed class InFlightWindow(int capacity, LoadClock clock)
{
    private readonly long[] _sentAt = new long[capacity];
    private readonly bool[] _done = new bool[capacity];
    private int _head;
    private ushort _headId = 1;
    private ushort _nextId = 1;

    /// <summary>How many packet ids are in use.</summary>
    public int Count { get; private set; }

    public int Free => capacity - Count;

    /// <summary>PUBACKs that did not name the oldest waiting message.</summary>
    public long OrderViolations { get; private set; }

    /// <summary>Messages acknowledged while the load was measured.</summary>
    public long Measured { get; private set; }

    /// <summary>All messages acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Takes a packet id for a message that is timed from <paramref name="timestamp"/>.</summary>
    public ushort Add(long timestamp)
    {
        var slot = (_head + Count) % capacity;
        _sentAt[slot] = timestamp;
        _done[slot] = false;
        Count++;
        var id = _nextId;
        _nextId = Next(id);
        return id;
    }

    /// <summary>Counts a PUBACK; false when no waiting message bears its packet id.</summary>
    public bool Acknowledge(ushort id, long now)
    {
        var distance = id - _headId;
        if (distance < 0)
            distance += ushort.MaxValue;
        if (distance != 0)
            OrderViolations++;
        if (id == 0 || distance >= Count || _done[(_head + distance) % capacity])
        {
            // With an empty window the distance can be 0 and the PUBACK is wrong all the same.
            OrderViolations += distance == 0 ? 1 : 0;
            return false;
        }

        var slot = (_head + distance) % capacity;
        _done[slot] = true;
        Acknowledged++;
        Measured += clock.Measure(_sentAt[slot], now) ? 1 : 0;
        while (Count > 0 && _done[_head])
        {
            _done[_head] = false;
            _head = _head + 1 == capacity ? 0 : _head + 1;
            _headId = Next(_headId);
            Count--;
        }

        return true;
    }

    private static ushort Next(ushort id) => id == ushort.MaxValue ? (ushort)1 : (ushort)(id + 1);
}
