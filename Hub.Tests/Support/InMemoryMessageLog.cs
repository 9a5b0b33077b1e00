using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Hub.Server.Messaging.DeviceToCloud;
using Hub.Shared.Messages;

namespace Hub.Tests.Support;

/// <summary>The log's contract in lists; fails or holds up appends when a test asks for it.</summary>
internal sealed class InMemoryMessageLog : IMessageLog
{
    private readonly Lock _lock = new();
    private readonly List<LoggedMessage>[] _partitions;

    /// <summary>Of each partition, where the last commit begins, and the oldest message that was not dropped.</summary>
    private readonly int[] _lastCommit;
    private readonly int[] _firstKept;

    public InMemoryMessageLog(int partitions = 4)
    {
        _partitions = new List<LoggedMessage>[partitions];
        _lastCommit = new int[partitions];
        _firstKept = new int[partitions];
        for (var partition = 0; partition < partitions; partition++)
            _partitions[partition] = [];
    }

    /// <summary>Set: appends and probes fail with it.</summary>
    public MessageLogFault? Fault { get; set; }

    /// <summary>Set: appends throw it, as a bug would.</summary>
    public Exception? Bug { get; set; }

    /// <summary>Set: probes throw it, as a bug would.</summary>
    public Exception? ProbeBug { get; set; }

    /// <summary>Set: appends wait for it first.</summary>
    public Task? Hold { get; set; }

    /// <summary>Called before a reader gets a chunk, for tests that write meanwhile.</summary>
    public Action? BeforeChunk { get; set; }

    /// <summary>How many appends (batches) came through.</summary>
    public int Commits { get; private set; }

    /// <summary>How many appends were begun.</summary>
    public int Appends { get; private set; }

    /// <summary>How many probes came.</summary>
    public int Probes { get; private set; }

    /// <summary>All that is stored, partition by partition.</summary>
    public IReadOnlyList<LoggedMessage> Messages
    {
        get
        {
            lock (_lock)
                return [.. Kept().SelectMany(messages => messages)];
        }
    }

    public int PartitionCount => _partitions.Length;

    public IReadOnlyList<PartitionState> Partitions
    {
        get
        {
            lock (_lock)
            {
                return [.. _partitions.Select((messages, partition) =>
                    new PartitionState(partition, _firstKept[partition], messages.Count - 1, messages.Count == 0 ? null : messages[^1].EnqueuedTime))];
            }
        }
    }

    public long SizeInBytes
    {
        get
        {
            lock (_lock)
                return _partitions.Sum(messages => messages.Sum(message => (long)message.Message.Size));
        }
    }

    public async ValueTask AppendAsync(IReadOnlyList<LogAppend> batch, CancellationToken cancellationToken)
    {
        Appends++;
        if (Hold is { } hold)
            await hold.WaitAsync(cancellationToken);
        if (Fault is { } fault)
            throw new MessageLogException(Say(fault), fault);
        if (Bug is not null)
            throw Bug;
        lock (_lock)
        {
            Commits++;
            foreach (var partition in batch.Select(append => append.Partition).Distinct())
                _lastCommit[partition] = _partitions[partition].Count;
            foreach (var append in batch)
            {
                var messages = _partitions[append.Partition];
                append.FirstSequenceNumber = messages.Count;
                foreach (var message in append.Messages)
                    messages.Add(new LoggedMessage(append.Partition, messages.Count, append.EnqueuedTime, append.Sender, message));
            }
        }
    }

    /// <summary>The messages of one chunk, as of one block of a log.</summary>
    public int ChunkSize { get; set; } = 100;

    public async IAsyncEnumerable<IReadOnlyList<LoggedMessage>> ReadAsync(
        int partition, long fromSequenceNumber, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = (int)Math.Max(0, fromSequenceNumber);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LoggedMessage[] chunk;
            lock (_lock)
            {
                position = Math.Max(position, _firstKept[partition]);
                chunk = [.. _partitions[partition].Skip(position).Take(ChunkSize)];
            }

            if (chunk.Length == 0)
                yield break;
            BeforeChunk?.Invoke();
            position += chunk.Length;
            await Task.Yield();
            yield return chunk;
        }
    }

    public ValueTask<LogPage> QueryAsync(TelemetryQuery query, CancellationToken cancellationToken)
    {
        var skip = query.Cursor is null ? 0 : ReadCursor(query);
        List<LoggedMessage> all;
        lock (_lock)
            all = [.. NaiveQuery.Run([.. Kept().Select(messages => messages.ToArray())], query)];
        LoggedMessage[] items = [.. all.Skip(skip).Take(query.Limit)];
        var next = skip + items.Length;
        return new(new LogPage(items, next < all.Count ? Convert.ToBase64String(Encoding.UTF8.GetBytes(Question(query) + next)) : null));
    }

    /// <summary>Drops what is older, but of each partition never the last commit; a file of this log is all that is dropped at once.</summary>
    public ValueTask<int> DropExpiredAsync(DateTimeOffset olderThan, long maxBytes, CancellationToken cancellationToken)
    {
        var dropped = false;
        lock (_lock)
        {
            for (var partition = 0; partition < _partitions.Length; partition++)
            {
                while (_firstKept[partition] < _lastCommit[partition] && _partitions[partition][_firstKept[partition]].EnqueuedTime < olderThan)
                {
                    _firstKept[partition]++;
                    dropped = true;
                }
            }
        }

        return new(dropped ? 1 : 0);
    }

    public ValueTask<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        Probes++;
        if (ProbeBug is not null)
            throw ProbeBug;
        return new(Fault is { } fault ? Say(fault) : null);
    }

    private static string Say(MessageLogFault fault) => fault == MessageLogFault.Full ? "The disk is full, says the test." : "The log cannot be written, says the test.";

    private IEnumerable<IEnumerable<LoggedMessage>> Kept() => _partitions.Select((messages, partition) => messages.Skip(_firstKept[partition]));

    private static int ReadCursor(TelemetryQuery query)
    {
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(query.Cursor!));
        if (!text.StartsWith(Question(query), StringComparison.Ordinal))
            throw new FormatException("Another query's cursor.");
        return int.Parse(text.AsSpan(Question(query).Length), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static string Question(TelemetryQuery query) => (query with { Cursor = null, Limit = 1 }) + "|";
}
