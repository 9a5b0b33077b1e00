using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Operations;

namespace Hub.Portal.Refusals;

/// <summary>What the hub refused of devices.</summary>
public interface IRefusalsClient
{
    /// <summary>A line for each device and reason, the latest first.</summary>
    Task<ApiResult<Page<Refusal>>> ListAsync(CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class RefusalsClient(ApiClient api) : IRefusalsClient
{
    public Task<ApiResult<Page<Refusal>>> ListAsync(CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.Refusals, PortalJson.Default.PageRefusal, cancellationToken);
}
