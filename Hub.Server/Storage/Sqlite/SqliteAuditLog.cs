using System.Globalization;
using Hub.Server.Security;
using Hub.Server.Storage.Model;
using Hub.Shared.Api;
using Hub.Shared.Operations;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Hub.Server.Storage.Sqlite;

/// <summary>The audit log in SQLite: ids without gaps, rows that triggers keep from change, and a chain of hashes over them.</summary>
internal sealed class SqliteAuditLog(IDbContextFactory<HubDbContext> contexts, ControlWriter writer, CursorSeal cursors) : IAuditLog
{
    private const string Question = "audit";

    public async ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        record = WithWholeText(record);
        await writer.WriteAsync(connection => Append(connection, record), cancellationToken);
    }

    public async ValueTask<Page<AuditEntry>> ListAsync(int limit, string? cursor, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var before = cursor is null ? long.MaxValue : long.Parse(cursors.Open(Question, cursor), CultureInfo.InvariantCulture);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.AuditLog.AsNoTracking()
            .Where(a => a.Id < before).OrderByDescending(a => a.Id).Take(limit + 1).ToListAsync(cancellationToken);
        var next = rows.Count > limit ? cursors.Seal(Question, rows[limit - 1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return new Page<AuditEntry>([.. rows.Take(limit).Select(ToEntry)], next);
    }

    /// <summary>Entries cut off at the very end cannot be told by the chain alone.</summary>
    public async ValueTask<long?> FindBrokenAsync(int last, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.OpenConnectionAsync(cancellationToken);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        // One snapshot, or entries dropped meanwhile would seem to be missing. Deferred, for it only reads.
        await using var snapshot = connection.BeginTransaction(deferred: true);
        await db.Database.UseTransactionAsync(snapshot, cancellationToken);
        var cut = AuditCut.Read(connection);
        // One more than asked for: its hash is what the first that is checked follows. Before the oldest stands the cut's.
        var first = Math.Max(cut.Id, (await db.AuditLog.MaxAsync(a => (long?)a.Id, cancellationToken) ?? 0) - last);
        var before = first == cut.Id ? cut.Hash : null;
        var expected = first == cut.Id ? first + 1 : first;
        var rows = db.AuditLog.AsNoTracking().Where(a => a.Id >= expected).OrderBy(a => a.Id).AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            var record = new AuditRecord(SqliteText.Time(row.Time), row.Actor, row.Source, row.Action, row.Target, row.Succeeded, row.Detail);
            if (row.Id != expected || (before is not null && !row.Hash.AsSpan().SequenceEqual(AuditChain.HashOf(before, row.Id, record))))
                return expected;
            before = row.Hash;
            expected++;
        }

        // The newest is never dropped.
        return expected == cut.Id + 1 && cut.Id > 0 ? expected : null;
    }

    public async ValueTask<long> DropAsync(DateTimeOffset olderThan, long maxEntries, CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            var dropped = await writer.WriteAsync(connection => AuditCut.Move(connection, olderThan, maxEntries), cancellationToken);
            if (dropped == 0)
                return total;
            total += dropped;
        }
    }

    private static long Append(ControlConnection connection, AuditRecord record)
    {
        var (id, before) = (1L, AuditChain.Start);
        using (var last = connection.Prepared("SELECT Id, Hash FROM AuditLog ORDER BY Id DESC LIMIT 1").ExecuteReader())
        {
            if (last.Read())
                (id, before) = (last.GetInt64(0) + 1, last.GetFieldValue<byte[]>(1));
        }

        connection.Execute(
            """
            INSERT INTO AuditLog (Id, Time, Actor, Source, Action, Target, Succeeded, Detail, Hash)
            VALUES ($id, $time, $actor, $source, $action, $target, $succeeded, $detail, $hash)
            """,
            ("$id", id), ("$time", record.Time.UtcTicks), ("$actor", record.Actor), ("$source", record.Source), ("$action", record.Action),
            ("$target", record.Target), ("$succeeded", record.Succeeded), ("$detail", record.Detail), ("$hash", AuditChain.HashOf(before, id, record)));
        return id;
    }

    private static AuditEntry ToEntry(AuditRow row) => new()
    {
        Id = row.Id,
        Time = SqliteText.Time(row.Time),
        Actor = row.Actor,
        Source = row.Source,
        Action = row.Action,
        Target = row.Target,
        Succeeded = row.Succeeded,
        Detail = row.Detail,
    };

    /// <summary>NUL would end a text for some of SQLite's tools, and its chain would seem broken.</summary>
    private static AuditRecord WithWholeText(AuditRecord record) => record with
    {
        Actor = Whole(record.Actor)!,
        Source = Whole(record.Source),
        Action = Whole(record.Action)!,
        Target = Whole(record.Target),
        Detail = Whole(record.Detail),
    };

    private static string? Whole(string? text) => text?.Replace('\0', '\ufffd');
}
