using Bunit;
using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Streaming;
using Xunit;

namespace Hub.Tests.Portal;

public sealed class ErrorStateTests : PageContext
{
    private int _retries;

    [Fact]
    public void HubComesBack_AfterItWasAway_TriesByItself()
    {
        RenderError(ApiProblem.Unreachable);

        Live.Become(LiveConnectionState.Reconnecting);
        Assert.Equal(0, _retries);
        Live.Become(LiveConnectionState.Live);

        Assert.Equal(1, _retries);
    }

    [Fact]
    public void HubComesBack_AfterARefusal_WaitsForTheOperator()
    {
        var error = RenderError(new ApiProblem(409));

        Live.Become(LiveConnectionState.Live);

        Assert.Equal(0, _retries);
        error.Find("[data-testid=retry]").Click();
        Assert.Equal(1, _retries);
    }

    [Fact]
    public async Task HubComesBack_AfterTheErrorWasLeft_DoesNothing()
    {
        RenderError(ApiProblem.Unreachable);
        await DisposeComponentsAsync();

        Live.Become(LiveConnectionState.Live);

        Assert.Equal(0, _retries);
    }

    private IRenderedComponent<ErrorState> RenderError(ApiProblem problem) => Render<ErrorState>(parameters => parameters
        .Add(error => error.Title, "It failed")
        .Add(error => error.Problem, problem)
        .Add(error => error.Retry, () => _retries++));
}
