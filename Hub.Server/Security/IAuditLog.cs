using Hub.Shared.Api;
using Hub.Shared.Operations;

namespace Hub.Server.Security;

/// <summary>What operators and policies did; append-only, but for its oldest entries, which are dropped in the end.</summary>
internal interface IAuditLog
{
    /// <summary>Adds an entry; durable on return. The id is given by the log.</summary>
    ValueTask AppendAsync(AuditRecord record, CancellationToken cancellationToken);

    /// <summary>A page, the newest first.</summary>
    /// <exception cref="FormatException">The cursor is not one that this log gave.</exception>
    ValueTask<Page<AuditEntry>> ListAsync(int limit, string? cursor, CancellationToken cancellationToken);

    /// <summary>The id of the first of the last entries that is missing or not as it was written; null when they are whole.</summary>
    ValueTask<long?> FindBrokenAsync(int last, CancellationToken cancellationToken);

    /// <summary>
    /// Drops the oldest entries that are older, or more than so many; returns how many it dropped. The newest always stays, and what stays
    /// can be checked as before.
    /// </summary>
    ValueTask<long> DropAsync(DateTimeOffset olderThan, long maxEntries, CancellationToken cancellationToken);
}

/// <summary>An entry to be added.</summary>
/// <param name="Time">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Source">From which address.</param>
/// <param name="Action">What, such as <c>device.create</c>.</param>
/// <param name="Target">To what.</param>
/// <param name="Succeeded">Whether it succeeded.</param>
/// <param name="Detail">More, in words; never a secret, never a payload.</param>
internal sealed record AuditRecord(DateTimeOffset Time, string Actor, string? Source, string Action, string? Target, bool Succeeded, string? Detail);
