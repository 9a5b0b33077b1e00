using Hub.Portal.Session;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Shell;

/// <summary>Leads those who are not signed in to sign-in, and remembers where they wanted to go.</summary>
public sealed partial class SignInGate
{
    private bool _signedIn;

    [CascadingParameter]
    public required Task<AuthenticationState> State { get; set; }

    [Inject]
    public required SessionState Session { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    protected override async Task OnParametersSetAsync()
    {
        _signedIn = (await State).User.Identity?.IsAuthenticated ?? false;
        if (!_signedIn && Session.Problem is null)
            Navigation.NavigateTo(LocalReturn.SignInAddress(Navigation.ToBaseRelativePath(Navigation.Uri)), replace: true);
    }

    private Task RetryAsync() => Session.ReloadAsync();
}
