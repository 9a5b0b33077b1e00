using System.Collections.Immutable;
using System.Globalization;
using Hub.Server.Messaging.CloudToDevice;
using Hub.Server.Registry;
using Hub.Shared.CloudToDevice;
using Hub.Shared.Devices;

namespace Hub.Tests.Support;

/// <summary>Cloud-to-device messages in memory, by the same port and its compliance suite; can be told to fail.</summary>
internal sealed class InMemoryDeviceBoundStore(IDeviceStore devices) : IDeviceBoundStore
{
    private readonly Lock _lock = new();
    private readonly List<DeviceBoundMessage> _messages = [];
    private readonly Dictionary<long, List<DeviceBoundHistoryEntry>> _history = [];
    private readonly Dictionary<string, long> _sequences = [];
    private long _lastId;

    public event Action<ImmutableArray<DeviceBoundTransition>>? Committed;

    /// <summary>Thrown by every change until it is taken away.</summary>
    public Exception? Failure { get; set; }

    public async ValueTask<EnqueueResult> EnqueueAsync(NewDeviceBound message, int maxDepth, CancellationToken cancellationToken)
    {
        if (await devices.FindAsync(message.DeviceId, cancellationToken) is not { } device)
            return new EnqueueResult.DeviceNotFound();
        lock (_lock)
        {
            ThrowIfFailing();
            var own = _messages.Where(other => other.Entry.GenerationId == device.GenerationId && other.Entry.DeviceId == device.Id).ToList();
            if (message is { IsOwnId: true, Origin: null } && own.Find(other => other.Entry.MessageId == message.MessageId && other.Entry.OriginId is null) is { } first)
                return new EnqueueResult.Duplicate(first);
            if (own.Count(other => other.Entry.IsActive) >= maxDepth)
                return new EnqueueResult.QueueFull(maxDepth);
            var entry = new DeviceBoundEntry
            {
                Id = ++_lastId,
                DeviceId = device.Id,
                GenerationId = device.GenerationId,
                SequenceNumber = _sequences[device.GenerationId] = _sequences.GetValueOrDefault(device.GenerationId) + 1,
                MessageId = message.MessageId,
                Ack = message.Ack,
                EnqueuedTime = message.EnqueuedTime,
                ExpiresAt = message.ExpiresAt,
                NotBefore = message.NotBefore,
                OriginId = message.Origin?.Id,
                Attempt = message.Attempt,
            };
            var stored = new DeviceBoundMessage(entry, message.Message);
            _messages.Add(stored);
            Tell([DeviceBoundTransition.Enqueued(entry, message.By)]);
            return new EnqueueResult.Enqueued(stored);
        }
    }

    public ValueTask<ImmutableArray<DeviceBoundMessage>> LeaseAsync(
        DeviceId device, string generationId, int max, DateTimeOffset now, DeviceBoundRule lease, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ThrowIfFailing();
            var taken = _messages
                .Where(message => message.Entry is { State: DeviceBoundState.Enqueued } entry && entry.DeviceId == device && entry.GenerationId == generationId
                    && !(entry.NotBefore > now) && entry.ExpiresAt > now && entry.SequenceNumber < FirstHeld(entry))
                .OrderBy(message => message.Entry.SequenceNumber).Take(max).Select(message => message.Entry.Id).ToImmutableArray();
            Change(taken, lease);
            return new([.. taken.Select(Get)]);
        }
    }

    public ValueTask<ImmutableArray<DeviceBoundTransition>> ChangeAsync(ImmutableArray<long> ids, DeviceBoundRule rule, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ThrowIfFailing();
            return new(Change(ids, rule));
        }
    }

    public ValueTask<DeviceBoundMessage?> FindAsync(long id, CancellationToken cancellationToken) => Read(() => _messages.Find(message => message.Entry.Id == id));

    public ValueTask<DeviceBoundEntry?> FindByLockAsync(DeviceId device, Guid token, CancellationToken cancellationToken) =>
        Read(() => _messages.Find(message => message.Entry.IsActive && message.Entry.DeviceId == device && message.Entry.Lock?.Token == token)?.Entry);

    public ValueTask<DeviceBoundPage> ListAsync(DeviceBoundQuery query, CancellationToken cancellationToken) => Read(() =>
    {
        var skipped = query.Cursor is null ? 0 : int.Parse(query.Cursor, CultureInfo.InvariantCulture);
        var found = _messages
            .Where(message => (query.DeviceId is not { } device || message.Entry.DeviceId == device) && (query.State is not { } state || message.Entry.State == state))
            .Where(message => !(message.Entry.EnqueuedTime < query.From) && !(message.Entry.EnqueuedTime >= query.To))
            .Where(message => query.Q is not { } q || $"{message.TextOf()} {message.Entry.MessageId} {message.Entry.Description}".Contains(q, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(message => message.Entry.EnqueuedTime).ThenByDescending(message => message.Entry.Id).Skip(skipped).ToList();
        return new DeviceBoundPage(
            [.. found.Take(query.Limit)], found.Count > query.Limit ? (skipped + query.Limit).ToString(CultureInfo.InvariantCulture) : null);
    });

    public ValueTask<DeviceBoundPage> ListDeadAsync(DeadLetterQuery query, CancellationToken cancellationToken) => Read(() =>
    {
        var skipped = query.Cursor is null ? 0 : int.Parse(query.Cursor, CultureInfo.InvariantCulture);
        var found = _messages.Where(message => message.Entry.State == DeviceBoundState.DeadLettered)
            .Where(message => query.DeviceId is not { } device || message.Entry.DeviceId == device)
            .Where(message => query.Reason is not { } reason || message.Entry.Outcome.ToString() == reason.ToString())
            .Where(message => query.Description is not { } description || (message.Entry.Description ?? "") == description)
            .Where(message => query.Resubmitted is not { } again || message.Entry.ResubmittedAs is not null == again)
            .Where(message => !(message.Entry.SettledTime < query.From) && !(message.Entry.SettledTime >= query.To))
            .Where(message => query.Q is not { } q || $"{message.TextOf()} {message.Entry.MessageId} {message.Entry.Description}".Contains(q, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(message => message.Entry.SettledTime).ThenByDescending(message => message.Entry.Id).Skip(skipped).ToList();
        return new DeviceBoundPage(
            [.. found.Take(query.Limit)], found.Count > query.Limit ? (skipped + query.Limit).ToString(CultureInfo.InvariantCulture) : null);
    });

    public async ValueTask<ResubmitResult> ResubmitAsync(
        long originId, Func<DeviceBoundMessage, NewDeviceBound> make, int maxDepth, CancellationToken cancellationToken)
    {
        if (await FindAsync(originId, cancellationToken) is not { } origin)
            return new ResubmitResult.NotFound();
        if (origin.Entry.ResubmittedAs is { } already)
            return new ResubmitResult.Already(already);
        if (origin.Entry.State != DeviceBoundState.DeadLettered)
            return new ResubmitResult.NotDead();
        var message = make(origin);
        var result = await EnqueueAsync(message, maxDepth, cancellationToken);
        if (result is not EnqueueResult.Enqueued { Message: var stored })
            return new ResubmitResult.Refused(result);
        await ChangeAsync([originId], entry => DeviceBoundRules.Resubmit(entry, stored.Entry.Id, message.By, message.EnqueuedTime), cancellationToken);
        return new ResubmitResult.Resubmitted(stored);
    }

    public ValueTask<ImmutableArray<long>> DeleteDeadAsync(ImmutableArray<long> ids, CancellationToken cancellationToken) => Read(() =>
        ids.Where(id => _messages.RemoveAll(message => message.Entry.Id == id && message.Entry.State == DeviceBoundState.DeadLettered) > 0).ToImmutableArray());

    public ValueTask<IReadOnlyList<DeviceBoundHistoryEntry>> HistoryAsync(long id, CancellationToken cancellationToken) =>
        Read(() => (IReadOnlyList<DeviceBoundHistoryEntry>)[.. _history.GetValueOrDefault(id) ?? []]);

    public ValueTask<ImmutableArray<long>> FindExpiredAsync(DateTimeOffset now, int max, CancellationToken cancellationToken) => Read(() => Active()
        .Where(entry => entry.ExpiresAt <= now).OrderBy(entry => entry.ExpiresAt).Take(max).Select(entry => entry.Id).ToImmutableArray());

    public ValueTask<IReadOnlyList<DeviceId>> FindDueAsync(DateTimeOffset after, DateTimeOffset until, CancellationToken cancellationToken) =>
        Read(() => (IReadOnlyList<DeviceId>)[.. Active().Where(entry => entry.NotBefore > after && entry.NotBefore <= until).Select(entry => entry.DeviceId).Distinct()]);

    public ValueTask<IReadOnlyList<DeviceBoundEntry>> ListLockedAsync(CancellationToken cancellationToken) =>
        Read(() => (IReadOnlyList<DeviceBoundEntry>)[.. Active().Where(entry => entry.State == DeviceBoundState.Invisible).OrderBy(entry => entry.SequenceNumber)]);

    public ValueTask<int> DropEndedAsync(DeviceBoundState state, DateTimeOffset before, int max, CancellationToken cancellationToken) => Read(() =>
    {
        var dropped = _messages.Where(message => message.Entry.State == state && message.Entry.SettledTime < before)
            .OrderBy(message => message.Entry.SettledTime).Take(max).Select(message => message.Entry.Id).ToHashSet();
        return _messages.RemoveAll(message => dropped.Contains(message.Entry.Id));
    });

    public ValueTask<QueueAhead> FindAheadAsync(DeviceBoundEntry entry, CancellationToken cancellationToken) => Read(() =>
    {
        var ahead = Active().Where(other => other.DeviceId == entry.DeviceId && other.GenerationId == entry.GenerationId && other.SequenceNumber < entry.SequenceNumber).ToList();
        var locked = ahead.Where(other => other.State == DeviceBoundState.Invisible).ToList();
        return new QueueAhead(ahead.Count, locked.Count, locked.Max(other => other.Lock?.Until), ahead.Count(other => other.HeldBy is not null));
    });

    public ValueTask<DeviceBoundPage> ListQueueAsync(DeviceId device, string generationId, int limit, string? cursor, CancellationToken cancellationToken) => Read(() =>
    {
        var skipped = cursor is null ? 0 : int.Parse(cursor, CultureInfo.InvariantCulture);
        var found = Active().Where(entry => entry.DeviceId == device && entry.GenerationId == generationId).OrderBy(entry => entry.SequenceNumber).Skip(skipped).ToList();
        return new DeviceBoundPage(
            [.. found.Take(limit).Select(entry => Get(entry.Id))], found.Count > limit ? (skipped + limit).ToString(CultureInfo.InvariantCulture) : null);
    });

    public ValueTask<ImmutableArray<long>> ListQueueAsync(DeviceId device, int max, CancellationToken cancellationToken) => Read(() => Active()
        .Where(entry => entry.DeviceId == device).OrderBy(entry => entry.SequenceNumber).Take(max).Select(entry => entry.Id).ToImmutableArray());

    private ImmutableArray<DeviceBoundTransition> Change(ImmutableArray<long> ids, DeviceBoundRule rule)
    {
        // All or none, as in a transaction: a rule may throw.
        var changes = ids.Select(id => _messages.Find(message => message.Entry.Id == id)).OfType<DeviceBoundMessage>()
            .Select(message => rule(message.Entry)).OfType<DeviceBoundTransition>().ToImmutableArray();
        foreach (var change in changes)
        {
            var place = _messages.FindIndex(message => message.Entry.Id == change.After.Id);
            _messages[place] = _messages[place] with { Entry = change.After };
        }

        Tell(changes);
        return changes;
    }

    private void Tell(ImmutableArray<DeviceBoundTransition> changes)
    {
        foreach (var change in changes)
        {
            if (!_history.TryGetValue(change.After.Id, out var lines))
                _history.Add(change.After.Id, lines = []);
            lines.AddRange(change.History);
        }

        if (changes.Length > 0)
            Committed?.Invoke(changes);
    }

    private IEnumerable<DeviceBoundEntry> Active() => _messages.Select(message => message.Entry).Where(entry => entry.IsActive);

    private long FirstHeld(DeviceBoundEntry entry) => Active()
        .Where(other => other is { State: DeviceBoundState.Enqueued, HeldBy: not null } && other.DeviceId == entry.DeviceId && other.GenerationId == entry.GenerationId)
        .Select(other => other.SequenceNumber).DefaultIfEmpty(long.MaxValue).Min();

    private DeviceBoundMessage Get(long id) => _messages.Find(message => message.Entry.Id == id)!;

    private ValueTask<T> Read<T>(Func<T> read)
    {
        lock (_lock)
            return new(read());
    }

    private void ThrowIfFailing()
    {
        if (Failure is { } failure)
            throw failure;
    }
}
