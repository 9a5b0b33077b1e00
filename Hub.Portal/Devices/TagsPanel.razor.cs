using Hub.Portal.Components;
using Hub.Shared.Devices;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;

namespace Hub.Portal.Devices;

/// <summary>Shows and edits a device's labels. It saves over what it began with, never over another's change.</summary>
public sealed partial class TagsPanel
{
    private TagsDraft? _draft;
    private string _etag = string.Empty;
    private string? _fault;
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

    private void Edit() => (_draft, _etag, _fault) = (new TagsDraft(Device.Tags), Device.ETag, null);

    private async Task SaveAsync()
    {
        _fault = _draft!.Fault(Text);
        if (_fault is not null)
            return;
        _busy = true;
        var result = await Client.UpdateAsync(Device.DeviceId, _etag, new DeviceChange { Tags = _draft.ToTags() }, CancellationToken.None);
        _busy = false;
        if (result.TryGet(out var device, out var problem))
        {
            _draft = null;
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
