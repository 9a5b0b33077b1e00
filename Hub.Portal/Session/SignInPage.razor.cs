using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Session;

/// <summary>Signs an operator in and goes back to the page that was wanted.</summary>
public sealed partial class SignInPage
{
    private string _userName = string.Empty;
    private string _password = string.Empty;
    private string? _fault;
    private bool _busy;

    /// <summary>The page that was wanted, relative to the portal.</summary>
    [SupplyParameterFromQuery]
    public string? ReturnUrl { get; set; }

    [Inject]
    public required SessionState Session { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IStringLocalizer<SessionText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Shell { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    protected override async Task OnInitializedAsync()
    {
        if ((await Session.GetAuthenticationStateAsync()).User.Identity?.IsAuthenticated ?? false)
            GoOn();
    }

    private async Task SignInAsync()
    {
        if (_busy)
            return;
        _fault = _userName.Length == 0 ? Text["NameNeeded"].Value : _password.Length == 0 ? Text["PasswordNeeded"].Value : null;
        if (_fault is not null)
            return;

        _busy = true;
        var problem = await Session.SignInAsync(_userName.Trim(), _password, CancellationToken.None);
        _busy = false;
        if (problem is null)
        {
            GoOn();
            return;
        }

        _password = string.Empty;
        _fault = Explain(problem);
    }

    private string Explain(ApiProblem problem) => problem switch
    {
        { Status: 401 } => Text["WrongPassword"],
        { Status: 429, RetryAfter: { TotalSeconds: >= 90 } wait } => Text["LockedOut", Text["Minutes", (int)Math.Ceiling(wait.TotalMinutes)].Value],
        { Status: 429, RetryAfter: { TotalSeconds: > 0 } wait } => Text["LockedOut", Text["Seconds", (int)Math.Ceiling(wait.TotalSeconds)].Value],
        { Status: 429 } => Text["LockedOutUntold"],
        _ => Common.Explain(problem),
    };

    private void GoOn() => Navigation.NavigateTo(LocalReturn.Resolve(ReturnUrl, new Uri(Navigation.BaseUri)), replace: true);

    private Task ReloadAsync() => Session.ReloadAsync();
}
