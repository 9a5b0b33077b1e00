using Hub.Portal.Api;
using Hub.Shared.Api;
using Hub.Shared.Security;

namespace Hub.Portal.Session;

/// <summary>Who am I, sign in, sign out, first set-up.</summary>
public interface ISessionClient
{
    Task<ApiResult<SessionInfo>> GetAsync(CancellationToken cancellationToken);

    Task<ApiResult<SessionInfo>> SignInAsync(SignInRequest request, CancellationToken cancellationToken);

    Task<ApiResult<Done>> SignOutAsync(CancellationToken cancellationToken);

    Task<ApiResult<SessionInfo>> SetUpAsync(SetUpRequest request, CancellationToken cancellationToken);
}

/// <inheritdoc/>
public sealed class SessionClient(ApiClient api) : ISessionClient
{
    public Task<ApiResult<SessionInfo>> GetAsync(CancellationToken cancellationToken) =>
        api.GetAsync(ApiRoutes.Session, PortalJson.Default.SessionInfo, cancellationToken);

    public Task<ApiResult<SessionInfo>> SignInAsync(SignInRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(
            HttpMethod.Post, ApiRoutes.Session, request, PortalJson.Default.SignInRequest, PortalJson.Default.SessionInfo, null, cancellationToken);

    public Task<ApiResult<Done>> SignOutAsync(CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Delete, ApiRoutes.Session, null, cancellationToken);

    public Task<ApiResult<SessionInfo>> SetUpAsync(SetUpRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(
            HttpMethod.Post, ApiRoutes.SetUp, request, PortalJson.Default.SetUpRequest, PortalJson.Default.SessionInfo, null, cancellationToken);
}
