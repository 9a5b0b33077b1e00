using Hub.Portal.Components;
using Hub.Shared.Api;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A device's connections and refusals with their reasons, the newest first.</summary>
public sealed partial class ConnectionHistory
{
    private readonly LoadState<Page<ConnectionHistoryEntry>> _state = new();
    private string? _loaded;

    [Parameter, EditorRequired]
    public required DeviceId DeviceId { get; set; }

    /// <summary>Read again when this changes: the device connected or left.</summary>
    [Parameter]
    public string? Generation { get; set; }

    /// <summary>Since when the device is connected; null when it is not. The hub knows of a connection a moment before its history does.</summary>
    [Parameter]
    public DateTimeOffset? ConnectedSince { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    protected override async Task OnParametersSetAsync()
    {
        var wanted = $"{DeviceId.Value} {Generation}";
        if (wanted == _loaded && (!IsBehind || _state.Loading))
            return;
        _loaded = wanted;
        await LoadAsync();
    }

    private bool IsBehind => ConnectedSince is { } since && _state.Value is { } history
        && !history.Items.Any(entry => entry.Event == ConnectionEvent.Connected && entry.Time >= since);

    private static string Kind(ConnectionEvent happened) => happened switch
    {
        ConnectionEvent.Connected => "ok",
        ConnectionEvent.Refused => "bad",
        _ => "off",
    };

    private Task LoadAsync() => _state.LoadAsync(() => Client.ListConnectionsAsync(DeviceId, CancellationToken.None));
}
