using Hub.Portal.Components;
using Hub.Portal.Shell;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Session;

/// <summary>Makes the first operator, with the one-time link that the hub's first start printed.</summary>
public sealed partial class SetUpPage
{
    private const int ShortestPassword = 10;
    private string _userName = "admin";
    private string _password = string.Empty;
    private string _repeated = string.Empty;
    private string? _fault;
    private bool _busy;
    private bool _loaded;

    /// <summary>The token of the link.</summary>
    [SupplyParameterFromQuery]
    public string? Token { get; set; }

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

    private string PasswordHint =>
        _password.Length is > 0 and < ShortestPassword ? Text["PasswordShort", _password.Length] : Text["PasswordHint"];

    protected override async Task OnInitializedAsync()
    {
        await Session.GetAuthenticationStateAsync();
        _loaded = true;
    }

    private async Task LoadAsync() => await Session.ReloadAsync();

    private async Task CreateAsync()
    {
        if (_busy)
            return;
        _fault = _userName.Trim().Length == 0 ? Text["NameNeeded"].Value
            : _password.Length < ShortestPassword ? Text["PasswordTooShort", _password.Length].Value
            : _password != _repeated ? Text["PasswordsDiffer"].Value
            : null;
        if (_fault is not null)
            return;

        _busy = true;
        var problem = await Session.SetUpAsync(Token!, _userName.Trim(), _password, CancellationToken.None);
        _busy = false;
        if (problem is null)
            Navigation.NavigateTo(Navigation.BaseUri, replace: true);
        else
            _fault = problem.Status == 403 ? Text["LinkDead"] : Common.Explain(problem);
    }
}
