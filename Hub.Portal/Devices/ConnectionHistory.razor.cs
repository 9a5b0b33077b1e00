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

    /// <summary>The hub knows of a connection a moment before its history does.</summary>
    [Parameter]
    public bool IsConnected { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    protected override async Task OnParametersSetAsync()
    {
        var wanted = $"{DeviceId.Value} {Generation}";
        var isBehind = IsConnected && _state.Value is { Items: not [{ Event: ConnectionEvent.Connected }, ..] };
        if (wanted == _loaded && !isBehind)
            return;
        _loaded = wanted;
        await LoadAsync();
    }

    private static string Kind(ConnectionEvent happened) => happened switch
    {
        ConnectionEvent.Connected => "ok",
        ConnectionEvent.Refused => "bad",
        _ => "off",
    };

    private Task LoadAsync() => _state.LoadAsync(() => Client.ListConnectionsAsync(DeviceId, CancellationToken.None));
}
