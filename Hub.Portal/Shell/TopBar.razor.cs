using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Session;
using Hub.Portal.Streaming;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>The connection's state, the clock, help, theme and who is signed in.</summary>
public sealed partial class TopBar
{
    private ApiProblem? _problem;

    [Inject]
    public required SessionState Session { get; init; }

    [Inject]
    public required ILiveConnection Live { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required ShortcutTable Shortcuts { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private async Task SignOutAsync()
    {
        _problem = await Session.SignOutAsync(CancellationToken.None);
        if (_problem is not null)
            return;
        await Live.StopAsync();
        // Whoever signs in next need not begin where this operator stopped.
        Navigation.NavigateTo("sign-in");
    }
}
