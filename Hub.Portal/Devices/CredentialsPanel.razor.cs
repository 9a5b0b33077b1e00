using Hub.Portal.Api;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>A device's keys, fetched only when asked for and forgotten when hidden.</summary>
public sealed partial class CredentialsPanel
{
    private DeviceKeys? _keys;
    private ApiProblem? _problem;
    private bool _busy;

    [Parameter, EditorRequired]
    public required DeviceDetails Device { get; set; }

    /// <summary>The registration is another version now, and should be read again.</summary>
    [Parameter]
    public EventCallback Changed { get; set; }

    /// <summary>As <see cref="Changed"/>, with what it is now.</summary>
    [Parameter]
    public EventCallback<DeviceDetails> Replaced { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required DeviceDialogs Dialogs { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    private async Task ShowAsync()
    {
        _busy = true;
        var result = await Client.GetKeysAsync(Device.DeviceId, CancellationToken.None);
        _busy = false;
        (_keys, _problem) = (result.Value, result.Problem);
    }

    private async Task RotateAsync(KeySlot slot)
    {
        if (await Dialogs.RotateAsync(Device.DeviceId, slot, keys => _keys = keys))
            await Changed.InvokeAsync();
    }
}
