using Hub.Portal.Components;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>
/// Shows and changes the thumbprints of a device with certificates: the next certificate's beside the old one's, and later the old one
/// away. It saves over what it began with, never over another's change.
/// </summary>
public sealed partial class ThumbprintsEditor
{
    private string _primary = string.Empty;
    private string _secondary = string.Empty;
    private string _etag = string.Empty;
    private string? _fault;
    private bool _editing;
    private bool _busy;

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

    private void Edit()
    {
        (_primary, _secondary) = (Device.PrimaryThumbprint ?? string.Empty, Device.SecondaryThumbprint ?? string.Empty);
        (_etag, _fault, _editing) = (Device.ETag, null, true);
    }

    private async Task SaveAsync()
    {
        var (primary, secondary) = (Thumbprint.Clean(_primary), Thumbprint.Clean(_secondary));
        _fault = Thumbprint.Fault(primary, needed: secondary.Length == 0, Text) ?? Thumbprint.Fault(secondary, needed: false, Text);
        if (_fault is not null)
            return;
        _busy = true;
        var change = new DeviceChange { PrimaryThumbprint = primary, SecondaryThumbprint = secondary };
        var result = await Client.UpdateAsync(Device.DeviceId, _etag, change, CancellationToken.None);
        _busy = false;
        if (result.TryGet(out var device, out var problem))
        {
            _editing = false;
            await Changed.InvokeAsync(device);
        }
        else if (problem.Status == 412)
        {
            await Conflict.InvokeAsync();
            // What was typed stays; saving again is then a choice made knowingly.
            (_etag, _fault) = (Device.ETag, Text["Conflict"]);
        }
        else
        {
            _fault = Common.Explain(problem);
        }
    }
}
