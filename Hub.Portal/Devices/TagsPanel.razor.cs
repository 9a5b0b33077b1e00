using Hub.Shared.Devices;

namespace Hub.Portal.Devices;

/// <summary>Shows and edits a device's labels.</summary>
public sealed partial class TagsPanel
{
    private TagsDraft? _draft;

    private void Edit()
    {
        Begin();
        _draft = new TagsDraft(Device.Tags);
    }

    private async Task SaveAsync()
    {
        Fault = _draft!.Fault(Text);
        if (Fault is null && await SaveAsync(new DeviceChange { Tags = _draft.ToTags() }))
            _draft = null;
    }
}
