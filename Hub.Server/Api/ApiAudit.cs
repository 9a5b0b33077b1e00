using Hub.Server.Security;

namespace Hub.Server.Api;

/// <summary>Writes to the audit log who did what by the API.</summary>
internal static class ApiAudit
{
    public static ValueTask AuditAsync(this HttpContext context, string action, string? target, bool succeeded, string? detail = null) =>
        context.RequestServices.GetRequiredService<AuditTrail>().RecordAsync(context, action, target, succeeded, detail);
}
