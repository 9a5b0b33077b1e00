using System.Net;
using Hub.Portal.Api;
using Hub.Portal.Session;
using Hub.Shared.Api;
using Hub.Shared.Security;
using Xunit;

namespace Hub.Tests.Portal.Api;

public sealed class ApiClientTests : IDisposable
{
    private readonly FakeHubApi _hub = new();
    private readonly HttpClient _http;
    private readonly SessionTicket _ticket = new();
    private readonly ApiClient _api;

    public ApiClientTests()
    {
        _http = _hub.MakeClient();
        _api = new ApiClient(_http, _ticket);
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Get_ClientsOwnTimeIsOver_IsAnUnreachableHub()
    {
        _hub.Hold($"GET {ApiRoutes.Session}");
        _http.Timeout = TimeSpan.FromMilliseconds(50);

        var result = await _api.GetAsync(ApiRoutes.Session, PortalJson.Default.SessionInfo, TestContext.Current.CancellationToken);

        Assert.Same(ApiProblem.Unreachable, result.Problem);
    }

    [Fact]
    public async Task Get_CallerGivesUp_IsHisOwnCancellation()
    {
        _hub.Hold($"GET {ApiRoutes.Session}");
        using var source = new CancellationTokenSource();
        var asked = _api.GetAsync(ApiRoutes.Session, PortalJson.Default.SessionInfo, source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task Get_NoConnection_IsAnUnreachableHub()
    {
        _hub.Answers[$"GET {ApiRoutes.Session}"] = _ => throw new HttpRequestException("refused");

        var result = await _api.GetAsync(ApiRoutes.Session, PortalJson.Default.SessionInfo, TestContext.Current.CancellationToken);

        Assert.Same(ApiProblem.Unreachable, result.Problem);
    }

    [Fact]
    public async Task Get_SomethingElseAnswersWithAPage_IsAnUnreachableHub()
    {
        _hub.Answers[$"GET {ApiRoutes.Session}"] = _ => Task.FromResult(new HttpResponseMessage { Content = new StringContent("<html>") });

        var result = await _api.GetAsync(ApiRoutes.Session, PortalJson.Default.SessionInfo, TestContext.Current.CancellationToken);

        Assert.Same(ApiProblem.Unreachable, result.Problem);
    }

    [Fact]
    public async Task Get_HubKnowsUsNoLonger_EndsTheSession()
    {
        _ticket.Set(new SessionInfo { UserName = "admin", Rights = [], SetUpNeeded = false });
        _hub.Refuse($"GET {ApiRoutes.Session}", HttpStatusCode.Unauthorized);

        var result = await _api.GetAsync(ApiRoutes.Session, PortalJson.Default.SessionInfo, TestContext.Current.CancellationToken);

        Assert.Equal(401, result.Problem?.Status);
        Assert.Null(_ticket.Current?.UserName);
    }

    [Fact]
    public async Task Send_SignedIn_CarriesTheTokenAgainstForgery()
    {
        _ticket.Set(new SessionInfo { UserName = "admin", Rights = [], SetUpNeeded = false, AntiforgeryToken = "proof" });
        _hub.Answers[$"DELETE {ApiRoutes.Session}"] = _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NoContent));

        await _api.SendAsync(HttpMethod.Delete, ApiRoutes.Session, null, TestContext.Current.CancellationToken);

        Assert.Equal("proof", Assert.Single(_hub.Requests).Header(SessionInfo.AntiforgeryHeader));
    }
}
