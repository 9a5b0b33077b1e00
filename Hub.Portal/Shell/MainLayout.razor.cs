using Hub.Portal.Session;
using Hub.Portal.Streaming;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace Hub.Portal.Shell;

/// <summary>Rail, top bar and the page; owns the shortcuts that work everywhere and keeps the live connection while signed in.</summary>
public sealed partial class MainLayout : IAsyncDisposable
{
    private ErrorBoundary? _boundary;
    private IAsyncDisposable? _shortcuts;
    private IDialogReference? _help;

    [CascadingParameter]
    public required Task<AuthenticationState> State { get; set; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required ShortcutTable Shortcuts { get; init; }

    [Inject]
    public required IBrowser Browser { get; init; }

    [Inject]
    public required SessionState Session { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required ILiveConnection Live { get; init; }

    [Inject]
    public required IStringLocalizer<ShellText> Text { get; init; }

    // A bare "#content" would be taken relative to the base address, and leave the page.
    private string SkipAddress => Navigation.ToBaseRelativePath(Navigation.Uri).Split('#')[0] + "#content";

    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= OnLocationChanged;
        if (_shortcuts is not null)
            await _shortcuts.DisposeAsync();
    }

    protected override void OnInitialized() => Navigation.LocationChanged += OnLocationChanged;

    protected override async Task OnParametersSetAsync()
    {
        if ((await State).User.Identity?.IsAuthenticated ?? false)
            Live.Start();
        else
            await Live.StopAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        _shortcuts = await Shortcuts.RegisterAsync(
            new Shortcut("/", Text["FocusSearch"], SearchAsync),
            Go("g o", "GoOverview", ""),
            Go("g d", "GoDevices", "devices"),
            Go("g l", "GoLive", "live"),
            Go("g h", "GoHistory", "history"),
            Go("g r", "GoRefusals", "refusals"),
            Go("g a", "GoActivity", "activity"),
            new Shortcut("?", Text["ShowHelp"], HelpAsync));
        await Browser.WatchActivityAsync(Session.KeepAsync);
    }

    private Shortcut Go(string keys, string text, string address) =>
        new(keys, Text[text], () =>
        {
            Navigation.NavigateTo(address);
            return Task.CompletedTask;
        });

    private async Task SearchAsync()
    {
        if (!await Browser.FocusSearchAsync())
            Navigation.NavigateTo("devices?search=true");
    }

    private Task HelpAsync() => InvokeAsync(async () =>
    {
        _help?.Close();
        _help = await Dialogs.ShowAsync<HelpDialog>(string.Empty, new DialogOptions { MaxWidth = MaxWidth.ExtraSmall, FullWidth = true, CloseOnEscapeKey = true });
    });

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e)
    {
        _boundary?.Recover();
        StateHasChanged();
    }
}
