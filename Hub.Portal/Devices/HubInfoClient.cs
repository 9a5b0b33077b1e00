using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Operations;

namespace Hub.Portal.Devices;

/// <summary>The hub's names and doors, for the snippets.</summary>
public interface IHubInfoClient
{
    Task<ApiResult<HubInfo>> GetAsync(CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class HubInfoClient(ApiClient api) : IHubInfoClient
{
    public Task<ApiResult<HubInfo>> GetAsync(CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.HubInfo, PortalJson.Default.HubInfo, cancellationToken);
}
