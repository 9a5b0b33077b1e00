using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Operations;

namespace Hub.Portal.Activity;

/// <summary>The audit log.</summary>
public interface IActivityClient
{
    /// <summary>A page, the newest first.</summary>
    Task<ApiResult<Page<AuditEntry>>> ListAsync(string? cursor, CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class ActivityClient(ApiClient api) : IActivityClient
{
    public Task<ApiResult<Page<AuditEntry>>> ListAsync(string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync(
            cursor is null ? ApiRoutes.Audit : $"{ApiRoutes.Audit}?cursor={Uri.EscapeDataString(cursor)}",
            PortalJson.Default.PageAuditEntry,
            cancellationToken);
}
