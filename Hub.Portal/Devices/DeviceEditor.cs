using Hub.Portal.Components;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>What edits a part of a device. It saves over what it began with, never over another's change.</summary>
public abstract class DeviceEditor : ComponentBase
{
    private string _etag = string.Empty;

    [Parameter, EditorRequired]
    public required DeviceDetails Device { get; set; }

    [Parameter]
    public EventCallback<DeviceDetails> Changed { get; set; }

    /// <summary>Somebody else changed the device meanwhile.</summary>
    [Parameter]
    public EventCallback Conflict { get; set; }

    [Inject]
    public required IDevicesClient Client { get; init; }

    [Inject]
    public required IStringLocalizer<DevicesText> Text { get; init; }

    [Inject]
    public required IStringLocalizer<CommonText> Common { get; init; }

    /// <summary>Why it was not saved; null while nothing is wrong.</summary>
    protected string? Fault { get; set; }

    /// <summary>Whether it is being saved.</summary>
    protected bool Busy { get; private set; }

    /// <summary>Remembers the device as it is now: what is saved later changes this one.</summary>
    protected void Begin() => (_etag, Fault) = (Device.ETag, null);

    /// <summary>Saves a change; true when it was taken, and otherwise the fault says why not.</summary>
    protected async Task<bool> SaveAsync(DeviceChange change)
    {
        Busy = true;
        var result = await Client.UpdateAsync(Device.DeviceId, _etag, change, CancellationToken.None);
        Busy = false;
        if (result.TryGet(out var device, out var problem))
        {
            await Changed.InvokeAsync(device);
            return true;
        }

        if (problem.Status != 412)
        {
            Fault = Common.Explain(problem);
            return false;
        }

        await Conflict.InvokeAsync();
        // What was typed stays; saving again is then a choice made knowingly.
        (_etag, Fault) = (Device.ETag, Text["Conflict"]);
        return false;
    }
}
