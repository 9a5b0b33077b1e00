using Hub.Portal.Api;
using Hub.Portal.Session;
using Hub.Shared.Security;
using Xunit;

namespace Hub.Tests.Portal.Session;

public sealed class SessionStateTests : IDisposable
{
    private readonly FakeSession _client = new();
    private readonly SessionTicket _ticket = new();
    private readonly SessionState _state;

    public SessionStateTests() => _state = new SessionState(_client, _ticket);

    [Fact]
    public async Task KeepAsync_SessionStands_TakesItsNewToken()
    {
        await SignInAsync();
        _client.Current = new SessionInfo { UserName = "admin", Rights = [], SetUpNeeded = false, AntiforgeryToken = "newer" };

        await _state.KeepAsync();

        Assert.Equal("newer", _ticket.Current!.AntiforgeryToken);
        Assert.True(await IsSignedInAsync());
    }

    [Fact]
    public async Task KeepAsync_SessionEndedMeanwhile_SignsOut()
    {
        await SignInAsync();
        var told = 0;
        _state.AuthenticationStateChanged += _ => told++;
        _client.Current = new SessionInfo { Rights = [], SetUpNeeded = false };

        await _state.KeepAsync();

        Assert.Equal(1, told);
        Assert.False(await IsSignedInAsync());
    }

    [Fact]
    public async Task KeepAsync_HubUnreachable_ChangesNothing()
    {
        await SignInAsync();
        _client.Current = ApiProblem.Unreachable;

        await _state.KeepAsync();

        Assert.True(await IsSignedInAsync());
        Assert.Null(_state.Problem);
    }

    [Fact]
    public async Task KeepAsync_NotSignedIn_AsksNothing()
    {
        await _state.KeepAsync();

        Assert.Equal(0, _client.Asked);
    }

    public void Dispose() => _state.Dispose();

    private async Task SignInAsync() =>
        Assert.Null(await _state.SignInAsync("admin", "right password", TestContext.Current.CancellationToken));

    private async Task<bool> IsSignedInAsync() =>
        (await _state.GetAuthenticationStateAsync()).User.Identity?.IsAuthenticated ?? false;
}
