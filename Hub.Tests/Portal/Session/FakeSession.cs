using Hub.Portal.Api;
using Hub.Portal.Session;
using Hub.Shared.Security;

namespace Hub.Tests.Portal.Session;

/// <summary>A hub that knows one password.</summary>
internal sealed class FakeSession : ISessionClient
{
    public ApiResult<SessionInfo> Current { get; set; } = new SessionInfo { Rights = [], SetUpNeeded = false };

    public int Asked { get; private set; }

    public int SignIns { get; private set; }

    public Task<ApiResult<SessionInfo>> GetAsync(CancellationToken cancellationToken)
    {
        Asked++;
        return Task.FromResult(Current);
    }

    public Task<ApiResult<SessionInfo>> SignInAsync(SignInRequest request, CancellationToken cancellationToken)
    {
        SignIns++;
        return Task.FromResult<ApiResult<SessionInfo>>(request.Password == "right password"
            ? new SessionInfo { UserName = request.UserName, Rights = [], SetUpNeeded = false, AntiforgeryToken = "t" }
            : new ApiProblem(401));
    }

    public Task<ApiResult<Done>> SignOutAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ApiResult<SessionInfo>> SetUpAsync(SetUpRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
