using Hub.Server.Security;

namespace Hub.Server.Protocols.Http;

/// <summary>Writes what service clients change in the registry to the audit log.</summary>
internal sealed class RegistryAudit(IAuditLog log, TimeProvider time)
{
    public ValueTask RecordAsync(HttpContext context, string action, string target, bool succeeded, string? detail, CancellationToken cancellationToken) =>
        log.AppendAsync(
            new AuditRecord(
                time.GetUtcNow(),
                context.User.Identity?.Name ?? "unknown",
                context.Connection.RemoteIpAddress?.ToString(),
                action,
                target,
                succeeded,
                detail),
            cancellationToken);
}
