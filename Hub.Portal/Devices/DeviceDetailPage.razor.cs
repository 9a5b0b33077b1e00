using Hub.Portal.Api;
using Hub.Portal.Components;
using Hub.Portal.Shell;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>One device: who it is, how it fares, how to connect it.</summary>
public sealed partial class DeviceDetailPage : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>By then a change has its effect: the connections of a disabled device have ended, and its history says so.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1500);

    private readonly LoadState<DeviceDetails> _state = new();
    private bool _valid = true;
    private DeviceId _deviceId;
    private ApiProblem? _problem;
    private ITimer? _timer;
    private IAsyncDisposable? _shortcuts;

    [Parameter]
    public required string Id { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required DeviceDialogs Dialogs { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required ShortcutTable Shortcuts { get; init; }

    [Inject]
    public required TimeProvider Time { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    private string LiveAddress => $"live?device={Uri.EscapeDataString(Id)}";

    public async ValueTask DisposeAsync()
    {
        _timer?.Dispose();
        if (_shortcuts is not null)
            await _shortcuts.DisposeAsync();
    }

    // Presence changes while one looks; the registration itself is small.
    protected override void OnInitialized() => _timer = Time.CreateTimer(_ => InvokeAsync(RefreshAsync), null, Interval, Interval);

    protected override async Task OnParametersSetAsync()
    {
        _valid = DeviceId.TryParse(Id, out var id);
        if (!_valid || id == _deviceId)
            return;
        _deviceId = id;
        _problem = null;
        _state.Clear();
        await LoadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
            _shortcuts = await Shortcuts.RegisterAsync(new Shortcut("w", Text["WatchLive"], WatchAsync));
    }

    private Task LoadAsync() => _state.LoadAsync(() => Client.GetAsync(_deviceId, CancellationToken.None));

    private async Task RefreshAsync()
    {
        if (!_valid || _state.Loading || _state.Value is null)
            return;
        await LoadAsync();
        StateHasChanged();
    }

    private Task WatchAsync()
    {
        Navigation.NavigateTo(LiveAddress);
        return Task.CompletedTask;
    }

    private async Task EnableAsync()
    {
        _problem = await Dialogs.EnableAsync(_state.Value!);
        await LoadAsync();
        _timer?.Change(Soon, Interval);
    }

    private async Task DisableAsync()
    {
        await Dialogs.DisableAsync(_state.Value!);
        // Also when it was refused: the registration is then another than the one shown.
        await LoadAsync();
        _timer?.Change(Soon, Interval);
    }

    private async Task DeleteAsync()
    {
        if (await Dialogs.DeleteAsync(_deviceId))
            Navigation.NavigateTo("devices");
    }

    private void OnChanged(DeviceDetails device) => _state.Set(device);
}
