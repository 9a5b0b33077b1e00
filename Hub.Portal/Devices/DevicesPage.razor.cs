using Hub.Portal.Components;
using Hub.Portal.Shell;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace Hub.Portal.Devices;

/// <summary>The registry's list. Search, filters, order and page are in the address; the hub does the work, so it stays quick.</summary>
public sealed partial class DevicesPage : IAsyncDisposable
{
    private const int PageSize = 50;
    private static readonly TimeSpan TypingPause = TimeSpan.FromMilliseconds(250);

    // Keyset paging knows no way back: the cursors of the pages before are remembered (null is the first page's).
    private readonly Stack<string?> _pages = new();
    private readonly LoadState<DevicePage> _state = new();
    private string _typed = string.Empty;
    private string? _notice;
    private DeviceFault? _fault;
    private string? _loaded;
    private ITimer? _typing;
    private IAsyncDisposable? _shortcuts;
    private IDialogReference? _dialog;

    [SupplyParameterFromQuery]
    public string? Q { get; set; }

    [SupplyParameterFromQuery]
    public string? Status { get; set; }

    [SupplyParameterFromQuery]
    public string? Connected { get; set; }

    [SupplyParameterFromQuery]
    public string? Tag { get; set; }

    [SupplyParameterFromQuery]
    public string? Sort { get; set; }

    [SupplyParameterFromQuery]
    public bool? Desc { get; set; }

    [SupplyParameterFromQuery]
    public string? Cursor { get; set; }

    /// <summary>Opens the create dialog.</summary>
    [SupplyParameterFromQuery]
    public bool? New { get; set; }

    /// <summary>Puts the focus into the search field, for the shortcut of pages that have none.</summary>
    [SupplyParameterFromQuery(Name = "search")]
    public bool? FocusSearch { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required ShortcutTable Shortcuts { get; init; }

    [Inject]
    public required IBrowser Browser { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    private bool Filtered => !string.IsNullOrEmpty(Q) || !string.IsNullOrEmpty(Status) || !string.IsNullOrEmpty(Connected) || !string.IsNullOrEmpty(Tag);

    private string RefusalsAddress => string.IsNullOrEmpty(Q) ? "refusals" : "refusals?q=" + Uri.EscapeDataString(Q);

    private DeviceSort CurrentSort => DeviceListAddress.Sort(Sort);

    private DeviceQuery Query => new()
    {
        Q = Q,
        Status = DeviceListAddress.Status(Status),
        Connected = bool.TryParse(Connected, out var connected) ? connected : null,
        Tag = Tag,
        Sort = CurrentSort,
        Desc = Desc ?? false,
        Limit = PageSize,
        Cursor = Cursor,
    };

    public async ValueTask DisposeAsync()
    {
        _typing?.Dispose();
        _dialog?.Close();
        if (_shortcuts is not null)
            await _shortcuts.DisposeAsync();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_typing is null)
            _typed = Q ?? string.Empty;
        var question = Query.ToString();
        if (question == _loaded)
            return;
        if (_loaded is not null)
            (_notice, _fault) = (null, null);
        _loaded = question;
        if (Cursor is null)
            _pages.Clear();
        await LoadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _shortcuts = await Shortcuts.RegisterAsync(
                new Shortcut("n", Text["Create"], () => InvokeAsync(OpenCreate)),
                new Shortcut("j", Text["NextRow"], () => Browser.MoveRowAsync(1).AsTask()),
                new Shortcut("k", Text["PreviousRow"], () => Browser.MoveRowAsync(-1).AsTask()));
        }

        if (FocusSearch == true)
        {
            Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("search", (bool?)null), replace: true);
            await Browser.FocusSearchAsync();
        }

        if (New == true && _dialog is null)
            await CreateAsync();
    }

    private Task LoadAsync() => _state.LoadAsync(() => Client.ListAsync(Query, CancellationToken.None));

    private void OnTyped(ChangeEventArgs change)
    {
        _typed = change.Value as string ?? string.Empty;
        _typing?.Dispose();
        _typing = Time.CreateTimer(_ => InvokeAsync(Search), null, TypingPause, Timeout.InfiniteTimeSpan);
    }

    private void Search()
    {
        _typing?.Dispose();
        _typing = null;
        Go(("q", _typed));
    }

    // Whatever is asked anew begins at the first page.
    private void Go(params (string Name, string? Value)[] changes)
    {
        var parameters = new Dictionary<string, object?> { ["cursor"] = null };
        foreach (var (name, value) in changes)
            parameters[name] = string.IsNullOrWhiteSpace(value) ? null : value.Trim();
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(parameters), replace: changes is [("q", _)]);
    }

    private void Clear()
    {
        _typed = string.Empty;
        Go(("q", null), ("status", null), ("connected", null), ("tag", null));
    }

    private void SortBy(DeviceSort sort)
    {
        var desc = CurrentSort == sort ? Desc != true : sort != DeviceSort.Id;
        Go(("sort", DeviceListAddress.Text(sort)), ("desc", desc ? "true" : null));
    }

    private Task NextAsync()
    {
        _pages.Push(Cursor);
        return TurnToAsync(_state.Value?.NextCursor);
    }

    private Task PreviousAsync() => TurnToAsync(_pages.Pop());

    // The buttons stand below the list: another page begins at its first row.
    private Task TurnToAsync(string? cursor)
    {
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("cursor", cursor));
        return Browser.ScrollToTopAsync().AsTask();
    }

    private void OpenCreate() => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("new", true));

    private async Task CreateAsync()
    {
        _dialog = await Dialogs.ShowAsync<CreateDeviceDialog>(string.Empty, DeviceDialogs.Options);
        var result = await _dialog.Result;
        _dialog = null;
        if (result is { Canceled: false, Data: DeviceDetails created })
            Navigation.NavigateTo(DeviceListAddress.Of(created.DeviceId));
        else if (New == true)
            Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("new", (bool?)null), replace: true);
    }

    private async Task OnChangedAsync(string notice)
    {
        (_notice, _fault) = (notice, null);
        await LoadAsync();
    }

    // Refused as a rule because the row is of yesterday: it is read anew.
    private async Task OnFailedAsync(DeviceFault fault)
    {
        (_notice, _fault) = (null, fault);
        await LoadAsync();
    }
}
