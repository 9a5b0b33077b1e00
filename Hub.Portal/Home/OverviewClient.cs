using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Operations;

namespace Hub.Portal.Home;

/// <summary>The hub's figures.</summary>
public interface IOverviewClient
{
    Task<ApiResult<Overview>> GetAsync(CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class OverviewClient(ApiClient api) : IOverviewClient
{
    public Task<ApiResult<Overview>> GetAsync(CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.Overview, PortalJson.Default.Overview, cancellationToken);
}
