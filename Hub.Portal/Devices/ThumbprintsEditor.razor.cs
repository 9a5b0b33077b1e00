using Hub.Shared.Devices;

namespace Hub.Portal.Devices;

/// <summary>
/// Shows and changes the thumbprints of a device with certificates: the next certificate's beside the old one's, and later the old one
/// away.
/// </summary>
public sealed partial class ThumbprintsEditor
{
    private string _primary = string.Empty;
    private string _secondary = string.Empty;
    private bool _editing;

    private void Edit()
    {
        Begin();
        (_primary, _secondary) = (Device.PrimaryThumbprint ?? string.Empty, Device.SecondaryThumbprint ?? string.Empty);
        _editing = true;
    }

    private async Task SaveAsync()
    {
        var (primary, secondary) = (Thumbprint.Clean(_primary), Thumbprint.Clean(_secondary));
        Fault = Thumbprint.Fault(primary, needed: secondary.Length == 0, Text) ?? Thumbprint.Fault(secondary, needed: false, Text);
        if (Fault is null && await SaveAsync(new DeviceChange { PrimaryThumbprint = primary, SecondaryThumbprint = secondary }))
            _editing = false;
    }
}
