using Hub.Portal.Shell;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>What can be done with a device, from its row.</summary>
public sealed partial class DeviceMenu
{
    [Parameter, EditorRequired]
    public required DeviceDetails Device { get; set; }

    /// <summary>Something was done; says what.</summary>
    [Parameter]
    public EventCallback<string> Changed { get; set; }

    /// <summary>Something was asked for and did not happen.</summary>
    [Parameter]
    public EventCallback<DeviceFault> Failed { get; set; }

    [Inject]
    public required DeviceDialogs Dialogs { get; init; }

    [Inject]
    public required IBrowser Browser { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    private Task OnOpenChangedAsync(bool open) => open ? Task.CompletedTask : Browser.RestoreFocusAsync().AsTask();

    private async Task EnableAsync()
    {
        if (await Dialogs.EnableAsync(Device) is { } problem)
            await Failed.InvokeAsync(new DeviceFault(Device.DeviceId, problem));
        else
            await Changed.InvokeAsync(Told("WasEnabled"));
    }

    private async Task DisableAsync()
    {
        if (await Dialogs.DisableAsync(Device))
            await Changed.InvokeAsync(Told("WasDisabled"));
    }

    private async Task DeleteAsync()
    {
        if (await Dialogs.DeleteAsync(Device.DeviceId))
            await Changed.InvokeAsync(Told("Deleted"));
    }

    private string Told(string name) => Text[name, Device.DeviceId.Value];
}
