using System.Security.Claims;
using Hub.Portal.Api;
using Hub.Shared.Security;
using Microsoft.AspNetCore.Components.Authorization;

namespace Hub.Portal.Session;

/// <summary>
/// Who is signed in, for the framework's <c>AuthorizeView</c>: each right of the operator is a role. The cookie is the hub's
/// affair; here is only what the portal shows.
/// </summary>
public sealed class SessionState : AuthenticationStateProvider, IDisposable
{
    private const string Scheme = "hub";
    private readonly ISessionClient _client;
    private readonly SessionTicket _ticket;
    private Task<AuthenticationState>? _state;

    public SessionState(ISessionClient client, SessionTicket ticket)
    {
        _client = client;
        _ticket = ticket;
        _ticket.Ended += OnEnded;
    }

    /// <summary>Why the session could not be read; null when it could.</summary>
    public ApiProblem? Problem { get; private set; }

    /// <summary>Whether the hub ended the session while it was used.</summary>
    public bool WasEnded => _ticket.WasEnded;

    /// <summary>True while no operator exists.</summary>
    public bool SetUpNeeded => _ticket.Current?.SetUpNeeded ?? false;

    /// <inheritdoc/>
    public override Task<AuthenticationState> GetAuthenticationStateAsync() => _state ??= LoadAsync();

    /// <summary>Asks the hub again.</summary>
    public Task ReloadAsync()
    {
        _state = LoadAsync();
        NotifyAuthenticationStateChanged(_state);
        return _state;
    }

    /// <summary>Prolongs the session, for somebody is using it; learns, too, when it has ended meanwhile.</summary>
    public async Task KeepAsync()
    {
        if (_ticket.Current?.UserName is not { } name)
            return;
        var result = await _client.GetAsync(CancellationToken.None);
        // A hub that cannot be reached has not ended the session: whoever needs it next says so.
        if (!result.TryGet(out var session, out _))
            return;
        if (session.UserName == name)
            _ticket.Set(session);
        else
            _ticket.End();
    }

    /// <summary>Signs in; null when it worked.</summary>
    public async Task<ApiProblem?> SignInAsync(string userName, string password, CancellationToken cancellationToken) =>
        Adopt(await _client.SignInAsync(new SignInRequest(userName, password), cancellationToken));

    /// <summary>Makes the first operator and signs in; null when it worked.</summary>
    public async Task<ApiProblem?> SetUpAsync(string token, string userName, string password, CancellationToken cancellationToken) =>
        Adopt(await _client.SetUpAsync(new SetUpRequest(token, userName, password), cancellationToken));

    /// <summary>Signs out; null when it worked.</summary>
    public async Task<ApiProblem?> SignOutAsync(CancellationToken cancellationToken)
    {
        var result = await _client.SignOutAsync(cancellationToken);
        if (result.TryGet(out _, out var problem))
            _ticket.End(signedOut: true);
        return problem;
    }

    /// <inheritdoc/>
    public void Dispose() => _ticket.Ended -= OnEnded;

    private async Task<AuthenticationState> LoadAsync()
    {
        var result = await _client.GetAsync(CancellationToken.None);
        Problem = result.Problem;
        if (result.TryGet(out var session, out _))
            _ticket.Set(session);
        return State();
    }

    private ApiProblem? Adopt(ApiResult<SessionInfo> result)
    {
        if (result.TryGet(out var session, out var problem))
        {
            Problem = null;
            _ticket.Set(session);
            OnEnded();
        }

        return problem;
    }

    private void OnEnded() => NotifyAuthenticationStateChanged(_state = Task.FromResult(State()));

    private AuthenticationState State()
    {
        if (_ticket.Current is not { UserName: { } name } session)
            return new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity()));
        var claims = session.Rights.Select(right => new Claim(ClaimTypes.Role, right)).Prepend(new Claim(ClaimTypes.Name, name));
        return new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme)));
    }
}
