using System.Collections.Concurrent;
using System.Globalization;
using Hub.Server.Security;
using Hub.Shared.Api;
using Hub.Shared.Operations;

namespace Hub.Tests.Support;

/// <summary>An audit log in memory.</summary>
internal sealed class InMemoryAuditLog : IAuditLog
{
    private readonly List<AuditRecord> _records = [];

    public IReadOnlyList<AuditRecord> Records
    {
        get
        {
            lock (_records)
                return [.. _records];
        }
    }

    public ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        lock (_records)
            _records.Add(record);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Page<AuditEntry>> ListAsync(int limit, string? cursor, CancellationToken cancellationToken)
    {
        var before = cursor is null ? long.MaxValue : long.Parse(cursor, CultureInfo.InvariantCulture);
        var items = Records
            .Select((record, index) => new AuditEntry
            {
                Id = index + 1, Time = record.Time, Actor = record.Actor, Source = record.Source, Action = record.Action,
                Target = record.Target, Succeeded = record.Succeeded, Detail = record.Detail,
            })
            .Where(entry => entry.Id < before).OrderByDescending(entry => entry.Id).Take(limit).ToArray();
        var next = items.Length == limit && items[^1].Id > 1 ? items[^1].Id.ToString(CultureInfo.InvariantCulture) : null;
        return ValueTask.FromResult(new Page<AuditEntry>(items, next));
    }

    /// <summary>What it was asked to drop, in order; it keeps all.</summary>
    public ConcurrentQueue<(DateTimeOffset OlderThan, long MaxEntries)> Drops { get; } = new();

    /// <summary>Set: dropping throws it.</summary>
    public Exception? DropFault { get; set; }

    public ValueTask<long> DropAsync(DateTimeOffset olderThan, long maxEntries, CancellationToken cancellationToken)
    {
        Drops.Enqueue((olderThan, maxEntries));
        return DropFault is null ? ValueTask.FromResult(0L) : ValueTask.FromException<long>(DropFault);
    }

    /// <summary>What <see cref="FindBrokenAsync"/> answers.</summary>
    public long? Broken { get; set; }

    public ValueTask<long?> FindBrokenAsync(int last, CancellationToken cancellationToken) => ValueTask.FromResult(Broken);
}
