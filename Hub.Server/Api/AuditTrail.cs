using Hub.Server.Security;

namespace Hub.Server.Api;

/// <summary>Writes to the audit log who did what by the API.</summary>
internal static class AuditTrail
{
    public static ValueTask AuditAsync(
        this HttpContext context, string action, string? target, bool succeeded, CancellationToken cancellationToken, string? detail = null)
    {
        var services = context.RequestServices;
        var record = new AuditRecord(
            services.GetRequiredService<TimeProvider>().GetUtcNow(), context.User.Identity?.Name ?? "unknown",
            context.Connection.RemoteIpAddress?.ToString(), action, target, succeeded, detail);
        return services.GetRequiredService<IAuditLog>().AppendAsync(record, cancellationToken);
    }
}
